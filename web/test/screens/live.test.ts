import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Live } from '../../src/kit/live.svelte.ts';
import type { Kept } from '../../src/kit/kept.ts';
import type { Session } from '../../src/rest/index.ts';
import { FakeSocket, wholeOf } from './socket.ts';

const store = vi.hoisted(() => new Map<string, unknown>());
vi.mock('idb-keyval', () => ({
  get: async (name: string) => store.get(name),
  set: async (name: string, value: unknown) => void store.set(name, value),
  clear: async () => store.clear(),
}));
const page = vi.hoisted(() => ({ outdated: false }));
vi.mock('../../src/kit/worker.ts', () => ({ isOutdated: () => page.outdated }));

const FEED = 'hospital:A1100017';
const NOON = Date.parse('2026-11-27T03:00:00.000Z');
/** The server's clock is two minutes ahead of this machine's. */
const AHEAD = 120_000;

let live: Live;
let busy: boolean;
const reload = vi.fn();

const session = (held = true): Session =>
  ({
    held,
    who: { role: 'hospital' },
    token: async () => 't',
    forSocket: async () => 't',
  }) as unknown as Session;

async function start(more: { held?: boolean } = {}): Promise<void> {
  live = new Live({ session: session(more.held), name: 'boards', busy: () => busy });
  await live.start();
  live.follow([FEED]);
  await vi.advanceTimersByTimeAsync(0);
}

/** Time passes, and the server beats meanwhile. */
async function passes(ms: number): Promise<void> {
  for (let t = 0; t < ms; t += 1_000) {
    FakeSocket.last.beats(FEED, Date.now() + AHEAD);
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

/** The server that comes back after a restart, of another build. */
async function restarts(build: string): Promise<void> {
  const before = FakeSocket.all.length;
  FakeSocket.last.onclose?.({ code: 1006 });
  while (FakeSocket.all.length === before) await vi.advanceTimersByTimeAsync(500);
  FakeSocket.last.proves([FEED], Date.now() + AHEAD, build);
}

const keptAgo = (ms: number, more: Partial<Kept> = {}): Kept => ({
  at: Date.now() + AHEAD - ms,
  local: Date.now() - ms,
  mode: 'simulated',
  boards: [wholeOf(FEED)],
  ...more,
});

beforeEach(() => {
  store.clear();
  FakeSocket.all = [];
  busy = page.outdated = false;
  vi.useFakeTimers({ now: NOON });
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.spyOn(location, 'reload').mockImplementation(reload);
  reload.mockClear();
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('what is kept', () => {
  it('is the proved boards, as soon as they are live and then every ten seconds', async () => {
    await start();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(store.has('boards')).toBe(false);
    FakeSocket.last.proves([FEED], Date.now() + AHEAD);
    await passes(1_000);
    const first = store.get('boards') as Kept;
    expect(first.boards).toEqual([wholeOf(FEED)]);
    expect(first.at - first.local).toBeCloseTo(AHEAD, -2);
    await passes(9_000);
    expect(store.get('boards')).toBe(first);
    await passes(3_000);
    expect(store.get('boards')).not.toBe(first);
  });

  it('is shown after a reload without a network, with its age by the server’s clock', async () => {
    store.set('boards', keptAgo(180_000));
    await start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(live.board(FEED)).toHaveLength(1);
    expect(live.mode).toBe('simulated');
    expect(live.isLive).toBe(false);
    expect(live.savedAt).toBe(NOON + AHEAD - 180_000);
    expect(live.status.now).toBe(Date.now() + AHEAD);
    FakeSocket.last.proves([FEED], Date.now() + AHEAD);
    await passes(1_000);
    expect(live.isLive).toBe(true);
    expect(live.savedAt).toBeNull();
  });

  it.each([
    ['is older than a day', keptAgo.bind(null, 25 * 3_600_000)],
    ['is from the future: the clock was set back', keptAgo.bind(null, -3_600_000)],
    ['has not its own digest', keptAgo.bind(null, 1_000, { boards: [{ ...wholeOf(FEED), digest: '0' }] })],
    ['is of another hospital', keptAgo.bind(null, 1_000, { boards: [wholeOf('hospital:A1100001')] })],
  ])('is not shown when it %s', async (_, kept) => {
    store.set('boards', kept());
    await start();
    expect(live.loaded(FEED)).toBe(false);
    expect(live.savedAt).toBeNull();
  });
});

describe('a new version', () => {
  beforeEach(async () => {
    await start();
    FakeSocket.last.proves([FEED], Date.now() + AHEAD);
  });

  it('is said at once, and comes when nobody touched the page for a minute', async () => {
    await passes(100_000);
    expect(reload).not.toHaveBeenCalled();
    await restarts('two');
    dispatchEvent(new Event('pointerdown'));
    await passes(59_000);
    expect(live.newVersion).toBe(true);
    expect(reload).not.toHaveBeenCalled();
    await passes(2_000);
    expect(reload).toHaveBeenCalled();
  });

  it('never interrupts a case', async () => {
    busy = true;
    await restarts('two');
    await passes(200_000);
    expect(live.newVersion).toBe(true);
    expect(reload).not.toHaveBeenCalled();
    busy = false;
    await passes(1_000);
    expect(reload).toHaveBeenCalled();
  });

  it('waits until there is a server to give it', async () => {
    page.outdated = true;
    FakeSocket.last.onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(live.newVersion).toBe(true);
    expect(reload).not.toHaveBeenCalled();
  });

  it('that only the service worker has seen counts as well', async () => {
    page.outdated = true;
    await passes(61_000);
    expect(reload).toHaveBeenCalled();
  });
});

describe('an end', () => {
  it('before the store has answered leaves nothing running', async () => {
    live = new Live({ session: session(), name: 'boards' });
    const started = live.start();
    live.stop();
    await started;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(FakeSocket.all).toEqual([]);
  });

  it('of a client that stopped by itself is final', async () => {
    await start();
    FakeSocket.last.onopen?.();
    FakeSocket.last.onclose?.({ code: 4404 });
    expect(live.halted).not.toBeNull();
    live.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.all).toHaveLength(1);
  });
});

// At the end: a page that forgot remembers nothing more.
describe('what was kept', () => {
  it('is forgotten when the session is over, and nothing is kept any more', async () => {
    store.set('boards', keptAgo(1_000));
    await start({ held: false });
    FakeSocket.last.proves([FEED], Date.now() + AHEAD);
    await passes(1_000);
    FakeSocket.last.onclose?.({ code: 4404 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(live.signedOut).not.toBeNull();
    expect(store.size).toBe(0);
    dispatchEvent(new Event('pagehide'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(store.size).toBe(0);
  });
});
