import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId, Problem, Reservations, Rest, UNREACHABLE } from '../src/rest/index.ts';
import { FakeTimers } from './fake-timers.ts';

interface Asked {
  readonly what: string;
  readonly body: unknown;
  readonly key: string | null;
  readonly bearer: string | null;
}

type Reply = () => Promise<Response> | Response;

let asked: Asked[];
let replies: Reply[];
let timers: FakeTimers;
let tokens: number;
let reservations: Reservations;

const says = (status: number, body?: unknown, headers: Record<string, string> = {}): Reply => {
  return () => new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
};
const refuses = (status: number, code: string, more: object = {}) => says(status, { code, ...more });
const noNetwork: Reply = () => Promise.reject(new TypeError('no network'));
const feeds = [{ feed: 'unit:u', epoch: 'e', seq: 4, keys: [] }];
const reservation = { id: 'r1', state: 'approved', version: 2 };
const carried = says(200, { ...reservation, feeds });

beforeEach(() => {
  asked = [];
  replies = [];
  tokens = 0;
  timers = new FakeTimers();
  reservations = new Reservations(new Rest(async () => `token-${++tokens}`, timers));
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    asked.push({
      what: `${init.method} ${path.replace('/api/v1', '')}`,
      body: init.body === undefined ? null : JSON.parse(init.body as string),
      key: headers.get('Idempotency-Key'),
      bearer: headers.get('Authorization'),
    });
    return replies.shift()!();
  });
});

afterEach(() => vi.unstubAllGlobals());

/** What a call came to, while time goes by. */
async function over<T>(call: Promise<T>): Promise<T> {
  call.catch(() => undefined);
  await timers.pass(120_000);
  return call;
}

describe('a step of a reservation', () => {
  const yes = { case_version: 3, item: 'er.isolation', override: '비우는 중' };
  const steps: [string, (r: Reservations) => Promise<unknown>, string, unknown][] = [
    ['approve', (r) => r.approve('r1', yes), '/reservations/r1/approve', yes],
    ['reject', (r) => r.reject('r1', { reason: 'no_icu' }), '/reservations/r1/reject', { reason: 'no_icu' }],
    ['undo', (r) => r.withdraw('r1'), '/reservations/r1/withdraw', {}],
    ['withdraw', (r) => r.withdraw('r1', 'no_beds'), '/reservations/r1/withdraw', { reason: 'no_beds' }],
    ['acknowledge', (r) => r.acknowledge('r1', 4), '/reservations/r1/acknowledge', { case_version: 4 }],
    ['cancel', (r) => r.cancel('r1'), '/reservations/r1/cancel', {}],
    [
      'extend',
      (r) => r.extend('r1', '2026-07-01T09:30:00Z'),
      '/reservations/r1/extend',
      { arrive_at: '2026-07-01T09:30:00Z' },
    ],
    ['confirm', (r) => r.confirm('r1', 'approved'), '/reservations/r1/confirm', { state: 'approved' }],
    ['arrive', (r) => r.arrive('r1'), '/reservations/r1/arrive', {}],
    ['hand over', (r) => r.handOver('r1'), '/reservations/r1/hand-over', {}],
    ['release', (r) => r.release('a/b'), '/reservations/a%2Fb/release', {}],
    [
      'designate',
      (r) => r.designate('c1', { hospital_id: 'A1100001', case_version: 1 }),
      '/patient-conditions/c1/designation',
      { hospital_id: 'A1100001', case_version: 1 },
    ],
  ];
  it.each(steps)('%s says what it is, and what it did', async (_, take, path, body) => {
    replies = [carried];
    expect(await over(take(reservations))).toEqual({ value: { ...reservation, feeds }, feeds });
    expect(asked).toEqual([
      { what: `POST ${path}`, body, key: expect.any(String), bearer: 'Bearer token-1' },
    ]);
  });

  it('has a key of its own, or the one that it is given', async () => {
    replies = [carried, carried, carried];
    await over(reservations.cancel('r1'));
    await over(reservations.cancel('r1'));
    await over(reservations.cancel('r1', { key: 'mine' }));
    const [first, second, third] = asked.map((a) => a.key);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).not.toBe(first);
    expect(third).toBe('mine');
    expect(newId()).not.toBe(newId());
  });
});

describe('asking hospitals', () => {
  const hospitals = [{ hospital_id: 'A1100001' }, { hospital_id: 'A1100002', item: 'er.isolation' }];

  it('names them in order, and until when', async () => {
    replies = [says(201, { reservations: [reservation], feeds })];
    const { value } = await over(reservations.ask('c1', hospitals, '2026-07-01T09:30:00Z'));
    expect(value).toEqual([reservation]);
    expect(asked[0]).toMatchObject({
      what: 'POST /patient-conditions/c1/reservations',
      body: { hospitals, send_by: '2026-07-01T09:30:00Z' },
    });
  });

  it('is one command however often an answer is lost', async () => {
    replies = [
      noNetwork,
      refuses(503, 'unavailable'),
      says(502, '<html>'),
      says(200, 'cut off'),
      says(201, { reservations: [reservation], feeds }),
    ];
    expect((await over(reservations.ask('c1', hospitals))).value).toEqual([reservation]);
    expect(asked).toHaveLength(5);
    expect(new Set(asked.map((a) => a.key)).size).toBe(1);
    expect(new Set(asked.map((a) => a.bearer)).size).toBe(1);
  });

  it('gives up after six tries', async () => {
    replies = Array.from({ length: 9 }, () => noNetwork);
    await expect(over(reservations.ask('c1', hospitals))).rejects.toMatchObject({ code: UNREACHABLE });
    expect(asked).toHaveLength(6);
  });
});

describe('a refusal', () => {
  it.each([
    [409, 'conflict'],
    [412, 'precondition_failed'],
    [422, 'invalid'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [403, 'revoked'],
  ])('of %i %s is told at once, with its fields', async (status, code) => {
    const errors = [{ field: 'state', detail: 'canceled' }];
    replies = [refuses(status, code, { field: 'state', errors })];
    const refused = await over(reservations.approve('r1', { case_version: 1 })).catch((e: unknown) => e);
    expect(refused).toBeInstanceOf(Problem);
    expect(refused).toMatchObject({ status, code, fields: errors });
    expect(asked).toHaveLength(1);
  });

  it('for a token that is over asks for another, once for all who wait', async () => {
    replies = [refuses(401, 'token_expired'), refuses(401, 'token_expired'), carried, carried];
    await over(Promise.all([reservations.cancel('r1'), reservations.arrive('r2')]));
    expect(tokens).toBe(2);
    expect(asked.map((a) => a.bearer?.slice(-1))).toEqual(['1', '1', '2', '2']);
    expect(asked[0]!.key).toBe(asked.find((a, i) => i > 1 && a.what === asked[0]!.what)!.key);
  });

  it('that asks for patience gets it, within limits', async () => {
    replies = [says(429, { code: 'too_many_requests' }, { 'Retry-After': '7' }), carried];
    const call = reservations.cancel('r1');
    await timers.pass(6_900);
    expect(asked).toHaveLength(1);
    await over(call);
    expect(asked).toHaveLength(2);
    replies = [says(429, { code: 'too_many_requests' }, { 'Retry-After': '31' })];
    await expect(over(reservations.cancel('r1'))).rejects.toMatchObject({ retryAfterMs: 31_000 });
  });

  it('of the token function is nobody’s but its own, and it is asked again the next time', async () => {
    const failing = new Reservations(
      new Rest(async () => {
        if (++tokens === 1) throw new Error('no person');
        return `token-${tokens}`;
      }, timers),
    );
    await expect(over(failing.get('r1'))).rejects.toThrow('no person');
    replies = [says(200, reservation)];
    expect(await over(failing.get('r1'))).toEqual(reservation);
    expect(asked.map((a) => a.bearer)).toEqual(['Bearer token-2']);
  });
});

describe('reading', () => {
  it('asks for one, for a list, and for the patient', async () => {
    const patient = { id: 'c1', state: 'open', version: 3, clinical: { pulse: 0, systolic: null } };
    replies = [
      says(200, reservation),
      says(200, { items: [reservation] }),
      says(200, { items: [] }),
      says(200, patient),
    ];
    expect(await over(reservations.get('r1'))).toEqual(reservation);
    expect(await over(reservations.list())).toEqual([reservation]);
    expect(await over(reservations.list({ case: 'c1', going: true }))).toEqual([]);
    expect(await over(reservations.patient('r1'))).toEqual(patient);
    expect(asked.map((a) => a.what)).toEqual([
      'GET /reservations/r1',
      'GET /reservations?limit=200',
      'GET /reservations?limit=200&case=c1&going=true',
      'GET /reservations/r1/patient-condition',
    ]);
    expect(asked.every((a) => a.key === null)).toBe(true);
  });

  it.each([{}, { items: {} }, { items: [{ id: 1 }] }, { items: [{ ...reservation, version: '2' }] }])(
    'takes no answer that is none: %j',
    async (answer) => {
      replies = Array.from({ length: 6 }, () => says(200, answer));
      await expect(over(reservations.list())).rejects.toMatchObject({ code: UNREACHABLE });
    },
  );
});
