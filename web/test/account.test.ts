import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccountDesk, Rest, signUp, UNREACHABLE, type Account } from '../src/rest/index.ts';
import { FakeTimers } from './fake-timers.ts';

interface Asked {
  readonly what: string;
  readonly body: unknown;
  readonly key: string | null;
  readonly ifMatch: string | null;
  readonly bearer: string | null;
}

type Reply = () => Promise<Response> | Response;

let asked: Asked[];
let replies: Reply[];
let timers: FakeTimers;
let desk: AccountDesk;

const says = (status: number, body: unknown): Reply => {
  return () => new Response(JSON.stringify(body), { status });
};
const feeds = [{ feed: 'admin', epoch: 'e', seq: 4, keys: [] }];
const account: Account = {
  id: 'u1',
  login: 'kim',
  name: '김',
  email: 'kim@example.kr',
  phone: '02-0000-0000',
  organisation: '소방서',
  state: 'pending',
  wanted: 'crew',
  role: 'crew',
  regions: ['11'],
  seen_at: null,
  revision: 3,
};

beforeEach(() => {
  asked = [];
  replies = [];
  timers = new FakeTimers();
  desk = new AccountDesk(new Rest(async () => 'token', timers));
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    asked.push({
      what: `${init.method} ${path.replace('/api/v1', '')}`,
      body: init.body === undefined ? null : JSON.parse(init.body as string),
      key: headers.get('Idempotency-Key'),
      ifMatch: headers.get('If-Match'),
      bearer: headers.get('Authorization'),
    });
    return replies.shift()!();
  });
});

afterEach(() => vi.unstubAllGlobals());

describe('a sign-up', () => {
  const said = { ...account, password: 'secret', role: 'viewer' };

  it('needs nobody to be signed in, and has its key', async () => {
    replies = [says(202, { state: 'pending' })];
    await signUp(said, { key: 'k' });
    expect(asked).toEqual([{ what: 'POST /users', body: said, key: 'k', ifMatch: null, bearer: null }]);
  });

  it('names all fields that were wrong', async () => {
    const errors = [
      { field: 'login', detail: 'has …' },
      { field: 'password', detail: 'is …' },
    ];
    replies = [says(422, { code: 'invalid', field: 'login', errors })];
    await expect(signUp(said)).rejects.toMatchObject({ code: 'invalid', fields: errors });
  });

  it('is lost when the answer is of somebody else', async () => {
    replies = [says(200, {})];
    await expect(signUp(said)).rejects.toMatchObject({ code: UNREACHABLE });
  });
});

describe('a decision', () => {
  const steps: [string, () => Promise<unknown>, unknown][] = [
    ['approve', () => desk.approve(account, { key: 'k' }), { rights: { role: 'crew', regions: ['11'] } }],
    ['reject', () => desk.reject(account, '모름', { key: 'k' }), { reason: '모름' }],
    ['block', () => desk.block(account, '모름', { key: 'k' }), { reason: '모름' }],
    ['unblock', () => desk.unblock(account, { key: 'k' }), null],
  ];

  it.each(steps)('%s is about the account as it was shown, under one key', async (step, decide, body) => {
    replies = [says(200, { ...account, revision: 4, feeds })];
    await expect(decide()).resolves.toMatchObject({ value: { id: 'u1', revision: 4 }, feeds });
    expect(asked).toEqual([
      { what: `POST /users/u1/${step}`, body, key: 'k', ifMatch: '"3"', bearer: 'Bearer token' },
    ]);
  });

  it('grants what is shown, and nothing that the role does not have', async () => {
    replies = [says(200, { ...account, feeds })];
    await desk.approve({ ...account, role: 'hospital', hospital: 'A1100017', regions: [] });
    expect(asked[0]!.body).toEqual({ rights: { role: 'hospital', hospital: 'A1100017' } });
  });

  it('that was made on another version says so', async () => {
    replies = [says(412, { code: 'precondition_failed' })];
    await expect(desk.approve(account)).rejects.toMatchObject({ code: 'precondition_failed' });
  });
});

describe('accounts', () => {
  it('are searched', async () => {
    replies = [says(200, { items: [account], next: 'n' })];
    const found = await desk.list({ state: 'blocked', text: '김 & 이', after: 'c', newestFirst: true });
    expect(found).toEqual({ items: [account], next: 'n' });
    const query = new URL(asked[0]!.what.slice(4), 'http://x').searchParams;
    expect(Object.fromEntries(query)).toEqual({
      limit: '20',
      state: 'blocked',
      q: '김 & 이',
      cursor: 'c',
      sort: '-created_at',
    });
  });

  it('are an account each, or the answer was lost', async () => {
    replies = Array.from({ length: 6 }, () => says(200, { items: [{ id: 'u1' }] }));
    const list = desk.list();
    list.catch(() => undefined);
    await timers.pass(120_000);
    await expect(list).rejects.toMatchObject({ code: UNREACHABLE });
  });

  it('have hospitals, which have names', async () => {
    replies = [says(200, { id: 'A1', name: '가람' }), says(404, { code: 'not_found' })];
    await expect(desk.hospitalName('A1')).resolves.toBe('가람');
    await expect(desk.hospitalName('A2')).rejects.toMatchObject({ code: 'not_found' });
  });
});
