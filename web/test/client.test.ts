import { beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../src/feed/client.ts';
import { Refused, type ClientOptions, type Halt } from '../src/feed/options.ts';
import { Digest } from '../src/feed/digest.ts';
import { DEFAULT_TIMINGS } from '../src/feed/timings.ts';
import type { ClientFrame } from '../src/feed/frames.ts';
import { FakeTimers, settle } from './fake-timers.ts';

/** The server's end of a socket, by hand. */
class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!;
  }

  onopen: ((e: unknown) => void) | null = null;
  onmessage: ((e: unknown) => void) | null = null;
  onclose: ((e: unknown) => void) | null = null;
  onerror: ((e: unknown) => void) | null = null;
  readonly sent: ClientFrame[] = [];
  closed = false;
  readonly url: string;
  readonly protocol: string;

  constructor(url: string, protocol: string) {
    this.url = url;
    this.protocol = protocol;
    FakeSocket.all.push(this);
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as ClientFrame);
  }

  close(): void {
    this.closed = true;
  }

  says(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  ends(code: number): void {
    this.onclose?.({ code });
  }
}

const FEED = 'region:11';
const EPOCH = '0123456789abcdef';
const at = '2026-11-23T09:00:00.000Z';
const sources = { 'egen.beds': { complete_at: at, interval_ms: 5000 } };
const welcome = (more: object = {}) => ({
  type: 'welcome',
  protocol: 'weer.v1',
  build: 'test',
  mode: 'simulated',
  epoch: EPOCH,
  at,
  subject: 'demo',
  role: 'viewer',
  expires_at: '2026-11-23T09:10:00.000Z',
  timings: DEFAULT_TIMINGS,
  sources,
  ...more,
});

function digestOf(...keys: [string, number][]): string {
  const d = new Digest();
  for (const [key, seq] of keys) d.add(key, seq);
  return d.toString();
}

const reset = {
  type: 'reset',
  feed: FEED,
  epoch: EPOCH,
  seq: 1,
  digest: digestOf(['k', 1]),
  reason: 'asked',
};
const keys = [{ key: 'k', seq: 1, value: 7 }];
const beat = (seq = 1, digest = digestOf(['k', seq])) => {
  return { type: 'beat', feed: FEED, epoch: EPOCH, seq, digest, at, verified_at: at, sources };
};

let timers: FakeTimers;
let tokens: number; // how many were asked for
let halts: Halt[];
let troubles: string[];
let links: string[];

beforeEach(() => {
  FakeSocket.all = [];
  timers = new FakeTimers();
  tokens = 0;
  halts = [];
  troubles = [];
  links = [];
});

function client(options: Partial<ClientOptions> = {}): Client {
  const c = new Client({
    urls: ['ws://a/ws'],
    token: async () => `token-${++tokens}`,
    socket: FakeSocket,
    timers,
    halted: (h) => halts.push(h),
    trouble: (what) => troubles.push(what),
    linked: (link, why) => links.push(`${link} ${why}`.trim()),
    ...options,
  });
  c.follow(FEED);
  c.start();
  return c;
}

/** Brings a client's newest socket to welcome. */
async function greet(more: object = {}): Promise<FakeSocket> {
  await settle();
  const s = FakeSocket.last;
  s.onopen?.({});
  s.says(welcome(more));
  return s;
}

/** Brings a client to a proved board. */
async function live(options: Partial<ClientOptions> = {}): Promise<{ c: Client; s: FakeSocket }> {
  const c = client(options);
  const s = await greet();
  s.says({ ...reset, keys });
  s.says(beat());
  expect(c.link().link).toBe('live');
  return { c, s };
}

describe('the way to live', () => {
  it('signs in by the first frame, then subscribes, then is proved by a beat', async () => {
    await live();
    expect(FakeSocket.last.protocol).toBe('weer.v1');
    expect(FakeSocket.last.sent).toEqual([
      { type: 'auth', token: 'token-1' },
      { type: 'subscribe', feed: FEED },
    ]);
    expect(links).toEqual(['connecting', 'syncing', 'live']);
  });

  it('says what changed', async () => {
    const seen: unknown[] = [];
    const { s } = await live({ changed: (r, step) => seen.push([r.get('k')?.value, step]) });
    s.says({ type: 'event', feed: FEED, from: 2, to: 2, keys: [{ key: 'k', seq: 2, value: 8 }] });
    expect(seen).toEqual([
      [7, { reset: true }],
      [8, { changed: ['k'] }],
    ]);
  });

  it('follows another feed on the same socket and ignores what is left of the old one', async () => {
    const { c, s } = await live();
    c.unfollow(FEED);
    const next = c.follow('region:26');
    s.says(beat());
    expect(s.sent.slice(-2)).toEqual([
      { type: 'unsubscribe', feed: FEED },
      { type: 'subscribe', feed: 'region:26' },
    ]);
    expect(next.loaded).toBe(false);
    expect(c.link().link).toBe('syncing');
  });

  it('acknowledges what it proves, many at once, and forgets what cannot be sent', async () => {
    const { c, s } = await live();
    const acks = Array.from({ length: 33 }, (_, i) => ({ id: `r${i}`, rung: 'shown' as const }));
    c.ack('hospital:A1100001', acks);
    expect(s.sent.slice(-2)).toEqual([
      { type: 'ack', feed: 'hospital:A1100001', acks: acks.slice(0, 32) },
      { type: 'ack', feed: 'hospital:A1100001', acks: acks.slice(32) },
    ]);
    c.close();
    c.ack('hospital:A1100001', acks);
    expect(s.sent.length).toBe(4);
  });

  it('lays an answer over the board', async () => {
    const { c } = await live();
    c.overlay({ feed: FEED, epoch: EPOCH, seq: 5, keys: [{ key: 'k', seq: 5, value: 3 }] });
    expect(c.follow(FEED).get('k')?.value).toBe(3);
  });

  it('begins from an answer, shows it before the socket, and goes on from its cursor', async () => {
    const seen: unknown[] = [];
    const { s, c } = await live({ changed: (r, step) => seen.push([r.feed, step]) });
    seen.length = 0;
    const whole = { feed: 'region:26', epoch: EPOCH, seq: 1, digest: digestOf(['k', 1]), keys };
    const reader = c.follow('region:26', whole);
    expect(reader.board()).toEqual(keys);
    expect(c.link().link).toBe('syncing');
    expect(seen).toEqual([['region:26', { reset: true }]]);
    expect(s.sent.at(-1)).toEqual({ type: 'subscribe', feed: 'region:26', epoch: EPOCH, seq: 1 });
    s.says({ type: 'resumed', feed: 'region:26', epoch: EPOCH, seq: 1 });
    s.says({ ...beat(), feed: 'region:26' });
    expect(c.link().link).toBe('live');
    expect(c.follow('region:26', { ...whole, seq: 9 })).toBe(reader);
    expect(reader.cursor.seq).toBe(1);
  });

  it('tells of a feed that is refused and keeps the connection', async () => {
    const refused: string[] = [];
    const c = client({ refused: (r, e) => refused.push(`${r.feed} ${e.code}`) });
    const s = await greet();
    s.says({ type: 'error', code: 'forbidden', message: 'no', feed: FEED });
    await timers.pass(60_000);
    expect(refused).toEqual([`${FEED} forbidden`]);
    expect(FakeSocket.all).toEqual([s]);
    c.close();
  });
});

describe('a connection that ends', () => {
  it('resumes from its cursor, on the next address, within the jitter', async () => {
    const { s } = await live({ urls: ['ws://a/ws', 'ws://b/ws'] });
    s.ends(1006);
    await timers.pass(499);
    expect(FakeSocket.all.length).toBe(1);
    await timers.pass(1); // half of the first second, as chance is 0.5
    expect(FakeSocket.last.url).toBe('ws://b/ws');
    await greet();
    expect(FakeSocket.last.sent.at(-1)).toEqual({ type: 'subscribe', feed: FEED, epoch: EPOCH, seq: 1 });
  });

  it('backs off 1, 2, 4, 8, 8 seconds with full jitter and never gives up (R15)', async () => {
    timers.chance = 0.999_999;
    client();
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      await settle();
      const n = FakeSocket.all.length;
      FakeSocket.last.ends(1006);
      let waited = 0;
      for (; FakeSocket.all.length === n; waited += 100) await timers.pass(100);
      waits.push(Math.round(waited / 1000));
    }
    expect(waits).toEqual([1, 2, 4, 8, 8, 8]);
  });

  it('forgets the back-off only after a proof, not after a welcome', async () => {
    const c = client();
    for (let i = 0; i < 4; i++) {
      (await greet()).ends(1006);
      await timers.pass(8_000);
    }
    const n = FakeSocket.all.length;
    (await greet()).ends(1006);
    await timers.pass(3_900); // of 4 s, half of the full window
    expect(FakeSocket.all.length).toBe(n);
    await timers.pass(200);
    const s = await greet();
    s.says({ ...reset, keys });
    s.says(beat());
    s.ends(1006);
    await timers.pass(500);
    expect(FakeSocket.all.length).toBe(n + 2);
    c.close();
  });

  it('waits what bye says, and its jitter', async () => {
    const { s } = await live();
    s.says({ type: 'bye', code: 'restarting', retry_after_ms: 4_000 });
    s.ends(1012);
    await timers.pass(4_400);
    expect(FakeSocket.all.length).toBe(1);
    await timers.pass(100);
    expect(FakeSocket.all.length).toBe(2);
  });

  it('connects at once when it is woken', async () => {
    const { c, s } = await live();
    s.ends(1006);
    c.wake();
    await settle();
    expect(FakeSocket.all.length).toBe(2);
  });

  it('takes a new token after "expired"', async () => {
    const { s } = await live();
    s.ends(4403);
    await timers.pass(1_000);
    FakeSocket.last.onopen?.({});
    expect(FakeSocket.last.sent).toEqual([{ type: 'auth', token: 'token-2' }]);
  });

  it.each([
    [4402, 'token_invalid'],
    [4404, 'revoked'],
    [4400, 'bad_frame'],
    [1009, 'frame_too_big'],
  ])('stops at %i and says why; start tries again', async (close, code) => {
    const { c, s } = await live();
    s.says({ type: 'error', code, message: 'because' });
    s.ends(close);
    await timers.pass(60_000);
    expect(halts).toEqual([{ code, message: 'because' }]);
    expect(FakeSocket.all.length).toBe(1);
    expect(c.link().link).toBe('offline');
    c.start();
    await settle();
    expect(FakeSocket.all.length).toBe(2);
  });

  it('takes the action of the error frame when the close code was lost', async () => {
    const { s } = await live();
    s.says({ type: 'error', code: 'revoked', message: 'by an administrator' });
    s.ends(1006);
    expect(halts.map((h) => h.code)).toEqual(['revoked']);
  });

  it('does not trust a connection that sent something else than weer.v1', async () => {
    const { s } = await live();
    s.says({ type: 'event', feed: FEED, from: 2, to: 2, keys: [{ key: 'k', seq: '2' }] });
    expect(s.closed).toBe(true);
    expect(troubles[0]).toContain('seq');
  });
});

describe('tokens', () => {
  it('tries again when no token can be had, and stops when it is refused', async () => {
    let answer: () => Promise<string> = () => Promise.reject(new Error('down'));
    client({ token: () => answer() });
    await timers.pass(600);
    expect(troubles[0]).toContain('down');
    answer = () => Promise.reject(new Refused('sign_in', 'not here'));
    await timers.pass(10_000);
    expect(halts).toEqual([{ code: 'sign_in', message: 'not here' }]);
    expect(FakeSocket.all.length).toBe(0);
  });

  it('renews in band before the end, without a new subscription', async () => {
    const { s } = await live();
    for (let i = 0; i < 255; i++) {
      await timers.pass(2_000);
      s.says(beat());
    }
    expect(s.sent.filter((f) => f.type === 'auth')).toEqual([
      { type: 'auth', token: 'token-1' },
      { type: 'auth', token: 'token-2' }, // 510 s: ten minutes less one and a half
    ]);
    s.says(welcome());
    expect(s.sent.filter((f) => f.type === 'subscribe').length).toBe(1);
    expect(FakeSocket.all).toEqual([s]);
  });

  it('keeps the connection when a renewal fails, and tries again', async () => {
    const { s } = await live({
      token: () => (++tokens === 2 ? Promise.reject(new Error('down')) : Promise.resolve(`token-${tokens}`)),
    });
    for (let i = 0; i < 265; i++) {
      await timers.pass(2_000);
      s.says(beat());
    }
    expect(s.sent.filter((f) => f.type === 'auth').at(-1)).toEqual({ type: 'auth', token: 'token-3' });
    expect(s.closed).toBe(false);
  });
});

describe('the watchdog', () => {
  it('closes a silent socket when its feed goes offline, and opens another (R15)', async () => {
    const { c, s } = await live();
    await timers.pass(11_900);
    expect(s.closed).toBe(false);
    expect(c.link()).toEqual({ link: 'delayed', why: 'silent' });
    await timers.pass(700);
    expect(s.closed).toBe(true);
    expect(links.slice(-2)).toEqual(['delayed silent', 'offline']);
    await timers.pass(1_000);
    expect(FakeSocket.all.length).toBe(2);
  });

  it('keeps a socket whose beats disprove the board: another would say the same', async () => {
    const { c, s } = await live();
    for (let i = 0; i < 20; i++) {
      await timers.pass(2_000);
      s.says(beat(1, 'badbadbadbadbad0'));
      if (s.sent.at(-1)?.type === 'subscribe') s.says({ ...reset, keys });
    }
    expect(c.link().link).toBe('offline');
    expect(s.closed).toBe(false);
    expect(s.sent.filter((f) => f.type === 'subscribe' && f.cause === 'digest').length).toBe(1);
  });

  it('gives up a subscription that is never answered', async () => {
    client();
    const s = await greet();
    for (let i = 0; i < 7; i++) {
      await timers.pass(2_000);
      s.says(beat());
    }
    expect(s.closed).toBe(true);
  });

  it.each(['a token', 'an open socket', 'a welcome'])('gives up waiting for %s', async (what) => {
    client(what === 'a token' ? { token: () => new Promise(() => tokens++) } : {});
    await settle();
    if (what === 'a welcome') FakeSocket.last.onopen?.({});
    const before = tokens + FakeSocket.all.length;
    await timers.pass(14_000);
    expect(tokens + FakeSocket.all.length).toBeGreaterThan(before);
  });

  it('pings as often as welcome says, also when only frames move the clock', async () => {
    const { s } = await live();
    for (let i = 0; i < 23; i++) {
      await timers.pass(2_000);
      s.says(beat());
    }
    expect(s.sent.filter((f) => f.type === 'ping').length).toBe(3);
  });
});

it('leaves nothing behind when it is closed', async () => {
  const { c, s } = await live();
  c.close();
  expect(s.closed).toBe(true);
  expect(timers.pending).toBe(0);
  expect(s.onmessage).toBeNull();
});

it('refuses to be made without an address', () => {
  const token = () => Promise.resolve('');
  expect(() => new Client({ urls: [], token, socket: FakeSocket })).toThrow('urls is empty');
});
