/** R4: computed from the very lines of tokens.css that the browser reads. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../src/kit/tokens.css', import.meta.url), 'utf8');

function theme(name: string): Map<string, string> {
  const block = css.slice(css.indexOf(`[data-theme='${name}']`)).split('}', 1)[0]!;
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1]!, m[2]!]));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

it('knows black on white', () => expect(contrast('#000000', '#ffffff')).toBeCloseTo(21));

describe.each(['day', 'night'])('%s', (name) => {
  const t = theme(name);
  const of = (a: string, b: string) => contrast(t.get(a)!, t.get(b)!);

  it.each([
    ...['ink', 'ink2'].flatMap((ink) => ['bg', 'card'].map((ground) => [ink, ground])),
    ...['ok', 'warn', 'no', 'stale'].flatMap((c) => [
      [c, 'card'],
      [c, `${c}-bg`],
    ]),
    ['cta-ink', 'cta'],
  ] as [string, string][])('%s on %s is at least 7:1', (ink, ground) => {
    expect(of(ink, ground)).toBeGreaterThanOrEqual(7);
  });

  it.each(['bg', 'card'])('the edge of a control on %s is at least 3:1', (ground) => {
    expect(of('line', ground)).toBeGreaterThanOrEqual(3);
  });

  it('has four colours for states, and what is available is blue, but no pure blue (R6)', () => {
    const states = [...t.keys()].filter((k) => t.has(`${k}-bg`));
    expect(states).toEqual(['ok', 'warn', 'no', 'stale']);
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(t.get('ok')!.slice(i, i + 2), 16));
    expect(b).toBeGreaterThan(Math.max(r!, g!));
    expect(g).toBeGreaterThan(0);
  });
});
