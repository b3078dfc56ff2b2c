import { afterEach, describe, expect, it, vi } from 'vitest';
import { Refused } from '../src/feed/index.ts';
import { Session } from '../src/rest/index.ts';
import { NO_DEMO_TOKEN, PASTED_TOKEN_OVER, Tokens } from '../src/page/token.ts';

const nobody = () => new Tokens(new Session({ get: () => false, set: () => {} }));

function answer(status: number, body: unknown): void {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { status })));
}

afterEach(() => vi.unstubAllGlobals());

describe('tokens', () => {
  it('are the demo’s', async () => {
    answer(200, { token: 'abc', expires_at: '2026-11-23T09:10:00.000Z' });
    expect(await nobody().get()).toBe('abc');
  });

  it.each([403, 404])('are refused for good by %i', async (status) => {
    answer(status, { code: 'not_found' });
    await expect(nobody().get()).rejects.toMatchObject({ name: 'Refused', code: NO_DEMO_TOKEN });
  });

  it.each([
    [503, {}],
    [429, {}],
    [200, {}],
    [200, { token: 7 }],
  ])('can be asked for again after %i %j', async (status, body) => {
    answer(status, body);
    const failure = await nobody()
      .get()
      .catch((err: unknown) => err);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(Refused);
  });

  it('that were pasted are handed out once: who asks again has found it over', async () => {
    const tokens = nobody();
    tokens.paste(' xyz \n');
    expect(await tokens.get()).toBe('xyz');
    await expect(tokens.get()).rejects.toMatchObject({ code: PASTED_TOKEN_OVER });
    tokens.paste('new');
    expect(await tokens.get()).toBe('new');
  });

  it('are the session’s of whoever signed in, and never the demo’s when that is over', async () => {
    let held = true;
    const tokens = new Tokens(new Session({ get: () => held, set: (to) => (held = to) }));
    answer(200, { access_token: 'mine', session: { role: 'crew', name: '김' } });
    expect(await tokens.get()).toBe('mine');
    expect(tokens.isPerson).toBe(true);
    answer(503, { code: 'unavailable' });
    const passing = await tokens.get().catch((err: unknown) => err);
    expect(passing).not.toBeInstanceOf(Refused);
    answer(401, { code: 'signed_out' });
    for (let again = 0; again < 2; again++) {
      await expect(tokens.get()).rejects.toMatchObject({ name: 'Refused', code: 'signed_out' });
      expect(held).toBe(false);
    }
    tokens.paste('by hand');
    expect(await tokens.get()).toBe('by hand');
    expect(tokens.isPerson).toBe(false);
  });
});
