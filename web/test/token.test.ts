import { afterEach, describe, expect, it, vi } from 'vitest';
import { Refused } from '../src/feed/index.ts';
import { NO_DEMO_TOKEN, PASTED_TOKEN_OVER, Tokens } from '../src/page/token.ts';

function answer(status: number, body: unknown): void {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { status })));
}

afterEach(() => vi.unstubAllGlobals());

describe('tokens', () => {
  it('are the demo’s', async () => {
    answer(200, { token: 'abc', expires_at: '2026-11-23T09:10:00.000Z' });
    expect(await new Tokens().get()).toBe('abc');
  });

  it.each([403, 404])('are refused for good by %i', async (status) => {
    answer(status, { code: 'not_found' });
    await expect(new Tokens().get()).rejects.toMatchObject({ name: 'Refused', code: NO_DEMO_TOKEN });
  });

  it.each([
    [503, {}],
    [429, {}],
    [200, {}],
    [200, { token: 7 }],
  ])('can be asked for again after %i %j', async (status, body) => {
    answer(status, body);
    const failure = await new Tokens().get().catch((err: unknown) => err);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(Refused);
  });

  it('that were pasted are handed out once: who asks again has found it over', async () => {
    const tokens = new Tokens();
    tokens.paste(' xyz \n');
    expect(await tokens.get()).toBe('xyz');
    await expect(tokens.get()).rejects.toMatchObject({ code: PASTED_TOKEN_OVER });
    tokens.paste('new');
    expect(await tokens.get()).toBe('new');
  });
});
