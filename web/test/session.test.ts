import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { boardOf, demoAccounts, Problem, Session, UNREACHABLE } from '../src/rest/index.ts';

interface Asked {
  readonly what: string;
  readonly body: unknown;
  readonly bearer: string | null;
}

type Reply = () => Promise<Response> | Response;

let asked: Asked[];
let replies: Reply[];
let held: boolean;
let session: Session;

const says = (status: number, body?: unknown, headers: Record<string, string> = {}): Reply => {
  return () => new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
};
const tokens = (n: number) =>
  says(200, { access_token: `token-${n}`, session: { role: 'crew', name: '김구급' } });
const refuses = (code: string, status = 401) => says(status, { code, detail: 'because' });

beforeEach(() => {
  asked = [];
  replies = [];
  held = false;
  session = new Session({ get: () => held, set: (to) => (held = to) });
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    const body: unknown = init.body === undefined ? null : JSON.parse(init.body as string);
    asked.push({ what: `${init.method} ${path}`, body, bearer: headers.get('Authorization') });
    return replies.shift()!();
  });
});

afterEach(() => vi.unstubAllGlobals());

const whats = () => asked.map((a) => a.what);

describe('a session', () => {
  it('begins with a password, which goes into the body alone, and asks for the cookie', async () => {
    replies = [tokens(1)];
    await session.signIn('kim', 'secret');
    expect(asked).toEqual([
      {
        what: 'POST /api/v1/session',
        body: { login: 'kim', password: 'secret', cookie: true },
        bearer: null,
      },
    ]);
    expect(session.held).toBe(true);
    expect(session.who).toMatchObject({ role: 'crew', name: '김구급' });
  });

  it('is not held after a refusal', async () => {
    replies = [refuses('bad_credentials')];
    await expect(session.signIn('kim', 'wrong')).rejects.toMatchObject({
      code: 'bad_credentials',
      final: true,
    });
    expect(session.held).toBe(false);
  });

  it('refreshes by the cookie; several at once share one answer, and the next asks again', async () => {
    replies = [tokens(1), tokens(2)];
    expect(await Promise.all([session.refresh(), session.refresh()])).toEqual(['token-1', 'token-1']);
    expect(await session.refresh()).toBe('token-2');
    expect(asked.map((a) => [a.what, a.body])).toEqual([
      ['POST /api/v1/session/refresh', {}],
      ['POST /api/v1/session/refresh', {}],
    ]);
  });

  it.each([
    [refuses('signed_out'), false],
    [refuses('revoked', 403), false],
    [refuses('unavailable', 503), true],
    [says(502, '<html>'), true],
    [() => Promise.reject(new TypeError('no network')), true],
  ] as [Reply, boolean][])(
    'is kept over what passes, and forgotten after what does not (%#)',
    async (reply, kept) => {
      held = true;
      replies = [reply];
      const err = await session.refresh().catch((e: unknown) => e);
      expect(err).toBeInstanceOf(Problem);
      expect((err as Problem).final).toBe(!kept);
      expect(session.held).toBe(kept);
    },
  );

  it('ends on the server, with a token that counts', async () => {
    held = true;
    replies = [tokens(1), refuses('token_expired'), tokens(2), says(204)];
    await session.refresh();
    await session.signOut();
    expect(whats()).toEqual([
      'POST /api/v1/session/refresh',
      'DELETE /api/v1/session',
      'POST /api/v1/session/refresh',
      'DELETE /api/v1/session',
    ]);
    expect(asked.map((a) => a.bearer)).toEqual([null, 'Bearer token-1', null, 'Bearer token-2']);
    expect(session.held).toBe(false);
    expect(session.who).toBe(null);
  });

  it('that is over already has ended', async () => {
    held = true;
    replies = [refuses('signed_out')];
    await session.signOut();
    expect(session.held).toBe(false);
  });

  it('stays when the server could not be told', async () => {
    held = true;
    replies = [() => Promise.reject(new TypeError('no network'))];
    await expect(session.signOut()).rejects.toMatchObject({ code: UNREACHABLE });
    expect(session.held).toBe(true);
  });
});

describe('a problem', () => {
  it('says how long to wait', async () => {
    replies = [says(429, { code: 'too_many_requests' }, { 'Retry-After': '12' })];
    await expect(session.signIn('kim', 'x')).rejects.toMatchObject({ status: 429, retryAfterMs: 12_000 });
  });

  it('names all fields that were wrong, or the one', async () => {
    const errors = [
      { field: 'login', detail: 'a' },
      { field: 'password', detail: 'b' },
    ];
    replies = [
      says(422, { code: 'invalid', field: 'login', errors }),
      says(422, { code: 'invalid', field: 'login', detail: 'a' }),
    ];
    await expect(session.signIn('', '')).rejects.toMatchObject({ fields: errors });
    await expect(session.signIn('', '')).rejects.toMatchObject({ fields: errors.slice(0, 1) });
  });

  it('of somebody who is not WeER passes', async () => {
    replies = [says(200, 'no token')];
    await expect(session.refresh()).rejects.toMatchObject({ code: UNREACHABLE, final: false });
  });
});

describe('a board', () => {
  const whole = {
    feed: 'region:11',
    epoch: '0123456789abcdef',
    seq: 1,
    digest: 'd',
    keys: [{ key: 'k', seq: 1 }],
  };

  it('is where a display begins', async () => {
    replies = [says(200, { ...whole, region: '11', mode: 'real' })];
    expect(await boardOf('11', 'mine')).toEqual(whole);
    expect(asked[0]).toMatchObject({ what: 'GET /api/v1/regions/11/board', bearer: 'Bearer mine' });
  });

  it.each([
    {},
    { ...whole, seq: '1' },
    { ...whole, keys: {} },
    { ...whole, keys: [null] },
    { ...whole, epoch: 7 },
  ])('is refused whole when it is none: %j', async (answer) => {
    replies = [says(200, answer)];
    await expect(boardOf('11', 'mine')).rejects.toMatchObject({ code: UNREACHABLE });
  });
});

describe('demo accounts', () => {
  it('are those that the server offers, and none on a real one', async () => {
    const items = [{ login: 'demo.crew', password: 'weer-demo-crew', role: 'crew' }];
    replies = [says(200, { items }), refuses('not_found', 404)];
    expect(await demoAccounts()).toEqual(items);
    expect(await demoAccounts()).toEqual([]);
  });
});
