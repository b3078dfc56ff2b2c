import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { holdConsole, Problem, type ConsoleWord, type HeldConsole } from '../src/rest/index.ts';
import { FakeTimers } from './fake-timers.ts';

interface Asked {
  readonly what: string;
  readonly body: unknown;
  readonly bearer: string | null;
  readonly keepalive: boolean;
}

type Reply = () => Promise<Response> | Response;

const ID = '0197a2b4-8c6e-7d10-9a3f-1d2c3b4a5968';
const PATH = `/api/v1/hospitals/A1100001/consoles/${ID}`;

const says = (status: number, body: unknown): Reply => {
  return () => new Response(JSON.stringify(body), { status });
};
const held = (reach = 'audible') =>
  says(200, { reach, lease_ends_at: '2026-11-26T12:00:15.000Z', renew_ms: 5_000, feeds: [] });
const refuses = (code: string, status: number) => says(status, { code, detail: 'because' });
const breaks: Reply = () => Promise.reject(new TypeError('no network'));

let asked: Asked[];
let reply: Reply;
let timers: FakeTimers;
let words: ConsoleWord[];
let page: { document: EventTarget; window: EventTarget };
let visible: boolean;
let audible: boolean;
let tokens: (string | undefined)[];

beforeEach(() => {
  asked = [];
  words = [];
  tokens = [];
  reply = held();
  visible = audible = true;
  timers = new FakeTimers();
  page = { document: new EventTarget(), window: new EventTarget() };
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const body: unknown = init.body === undefined ? null : JSON.parse(init.body as string);
    const bearer = new Headers(init.headers).get('Authorization');
    asked.push({ what: `${init.method} ${path}`, body, bearer, keepalive: init.keepalive === true });
    return reply();
  });
});

afterEach(() => vi.unstubAllGlobals());

function open(): HeldConsole {
  return holdConsole({
    hospital: 'A1100001',
    id: ID,
    token: async (over) => `token-${tokens.push(over)}`,
    visible: () => visible,
    audible: () => audible,
    told: (word) => words.push(word),
    timers,
    page,
  });
}

const last = () => asked[asked.length - 1]!;

describe('a console', () => {
  it('proves itself again and again, and is told once that it is held', async () => {
    open();
    await timers.pass(60_000);
    expect(asked).toHaveLength(13);
    expect(last()).toEqual({
      what: `PUT ${PATH}`,
      body: { visible: true, audible: true },
      bearer: 'Bearer token-1',
      keepalive: false,
    });
    expect(words).toEqual([{ held: true, reach: 'audible', problem: null }]);
  });

  it('says at once that it went out of sight, and what has changed for the ear', async () => {
    const c = open();
    await timers.pass(1_000);
    visible = false;
    page.document.dispatchEvent(new Event('visibilitychange'));
    await timers.pass(0);
    expect(last().body).toEqual({ visible: false, audible: true });
    audible = false;
    c.changed();
    c.changed();
    await timers.pass(0);
    expect(last().body).toEqual({ visible: false, audible: false });
    expect(asked).toHaveLength(3);
  });

  it('says after an answer what has changed while it was awaited', async () => {
    let answer: (r: Response) => void = () => {};
    reply = () => new Promise((done) => (answer = done));
    const c = open();
    await timers.pass(0);
    audible = false;
    c.changed();
    await timers.pass(0);
    expect(asked).toHaveLength(1);
    reply = held('visible');
    answer(await held()());
    await timers.pass(0);
    expect(last().body).toEqual({ visible: true, audible: false });
    expect(words.map((w) => w.reach)).toEqual(['audible', 'visible']);
  });

  it('is told that it is not held when its lease is over, not before, and when it is held again', async () => {
    open();
    await timers.pass(4_000);
    reply = breaks;
    await timers.pass(10_900);
    expect(words).toHaveLength(1);
    await timers.pass(200);
    expect(words).toHaveLength(2);
    expect(words[1]).toMatchObject({ held: false, problem: { code: 'unreachable' } });
    reply = held();
    await timers.pass(5_000);
    expect(words[2]).toEqual({ held: true, reach: 'audible', problem: null });
  });

  it('takes a newer token when a server calls its own over', async () => {
    open();
    await timers.pass(1_000);
    reply = () => {
      reply = held();
      return refuses('token_expired', 401)();
    };
    await timers.pass(10_000);
    expect(tokens).toEqual([undefined, 'token-1']);
    expect(last().bearer).toBe('Bearer token-2');
    expect(words).toHaveLength(1);
  });

  it('ends when it is refused for good', async () => {
    open();
    await timers.pass(1_000);
    reply = refuses('conflict', 409);
    await timers.pass(60_000);
    expect(asked).toHaveLength(2);
    expect(words[1]).toMatchObject({ held: false, problem: { code: 'conflict', final: true } });
    expect(words[1]!.problem).toBeInstanceOf(Problem);
    expect(timers.pending).toBe(0);
  });

  it('speaks when a frame comes and its timer was slowed', async () => {
    const c = open();
    await timers.pass(0);
    timers.after = () => () => {}; // none of them comes any more
    await timers.pass(5_000); // the one that was set before
    expect(asked).toHaveLength(2);
    await timers.pass(4_999);
    c.look();
    expect(asked).toHaveLength(2);
    await timers.pass(1);
    c.look();
    await timers.pass(0);
    expect(asked).toHaveLength(3);
  });

  it('leaves with its page, in one request that outlives it, and is back when the page is', async () => {
    open();
    await timers.pass(1_000);
    page.window.dispatchEvent(new Event('pagehide'));
    expect(last()).toEqual({ what: `DELETE ${PATH}`, body: null, bearer: 'Bearer token-1', keepalive: true });
    await timers.pass(60_000);
    expect(asked).toHaveLength(2);
    page.window.dispatchEvent(new Event('pageshow'));
    await timers.pass(0);
    expect(last().what).toBe(`PUT ${PATH}`);
  });

  it('takes its proof back when it is closed, after what was on its way', async () => {
    let answer: (r: Response) => void = () => {};
    reply = () => new Promise((done) => (answer = done));
    const c = open();
    await timers.pass(0);
    const closed = c.close();
    await timers.pass(0);
    expect(asked).toHaveLength(1);
    reply = held('none');
    answer(await held()());
    await closed;
    expect(asked.map((a) => a.what)).toEqual([`PUT ${PATH}`, `DELETE ${PATH}`]);
    page.window.dispatchEvent(new Event('pagehide'));
    await timers.pass(60_000);
    expect(asked).toHaveLength(2);
  });
});
