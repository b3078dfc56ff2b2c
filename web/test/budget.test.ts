import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { budget } from '../build/budget.ts';

/** A script that nothing makes smaller, so heavy in KB. */
const heavy = (kb: number) => randomBytes(kb << 10).toString('base64');

const page = (...names: string[]) => ({
  type: 'asset',
  source: names.map((n) => `<script src="/assets/${n}"></script>`).join(''),
});
const script = (code: string, imports: string[] = [], dynamicImports: string[] = []) => ({
  type: 'chunk',
  code,
  imports,
  dynamicImports,
});

/** What the plugin says of a bundle: its error, or ''. */
function judge(bundle: Record<string, unknown>): string {
  const said: string[] = [];
  const context = { info: () => {}, error: (text: string) => said.push(text) };
  const { handler } = budget().generateBundle as unknown as { handler: (...args: unknown[]) => void };
  handler.call(context, {}, bundle);
  return said.join();
}

describe('the budget of bytes (R25)', () => {
  it('lets a page pass that keeps to it', () => {
    expect(judge({ 'a.html': page('a.js'), 'assets/a.js': script(heavy(10)) })).toBe('');
  });

  it.each([
    ['at once', script(heavy(41))],
    ['with what it imports', script('', ['assets/b.js'])],
    ['with what it loads later', script('', [], ['assets/b.js'])],
  ])('fails a page that is too heavy %s', (_, a) => {
    const told = judge({ 'a.html': page('a.js'), 'assets/a.js': a, 'assets/b.js': script(heavy(41)) });
    expect(told).toMatch(/^a\.html: own weighs \d+ bytes/);
  });

  it('counts for each page what two of them share, by itself', () => {
    const pages = { 'a.html': page('a.js'), 'b.html': page('b.js') };
    const shared = { 'assets/a.js': script('', ['assets/c.js']), 'assets/b.js': script('', ['assets/c.js']) };
    expect(judge({ ...pages, ...shared, 'assets/c.js': script(heavy(41)) })).toBe('');
    expect(judge({ ...pages, ...shared, 'assets/c.js': script(heavy(45)) })).toMatch(/shared weighs/);
  });
});
