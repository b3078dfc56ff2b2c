/** What must hold for every history, every loss and every order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steadyClock } from '../src/feed/clock.ts';
import { Digest } from '../src/feed/digest.ts';
import { BadFrame, decodeServer, type Beat, type Entry } from '../src/feed/frames.ts';
import { Reader, type Step } from '../src/feed/reader.ts';
import { State } from '../src/feed/state.ts';
import { DEFAULT_TIMINGS } from '../src/feed/timings.ts';

const EPOCH = '0123456789abcdef';

/** A feed's history; entry i of `changes` is event i + 1: key → value, or null for a removal. */
type Change = Record<string, number | null>;

const change = fc.dictionary(fc.constantFrom('a/er', 'a/icu', 'b/er', 'c/er'), fc.option(fc.nat(9)), {
  minKeys: 1,
  noNullPrototype: true,
});
const history = fc.array(change, { minLength: 1, maxLength: 20 });

/** The board at a number, computed the plain way: the judge of Reader, sharing none of its code. */
function boardAt(changes: Change[], seq: number): Map<string, Entry> {
  const board = new Map<string, Entry>();
  changes.slice(0, seq).forEach((c, i) => {
    for (const [key, value] of Object.entries(c)) {
      if (value === null) board.delete(key);
      else board.set(key, { key, seq: i + 1, value });
    }
  });
  return board;
}

function digestAt(changes: Change[], seq: number): string {
  const d = new Digest();
  for (const e of boardAt(changes, seq).values()) d.add(e.key, e.seq);
  return d.toString();
}

const eventAt = (changes: Change[], seq: number): Entry[] =>
  Object.entries(changes[seq - 1]!).map(([key, value]) =>
    value === null ? { key, seq, gone: true } : { key, seq, value },
  );

function resetAt(changes: Change[], seq: number) {
  return { epoch: EPOCH, seq, digest: digestAt(changes, seq), keys: [...boardAt(changes, seq).values()] };
}

function beatAt(changes: Change[], seq: number): Beat {
  const place = { feed: 'region:11', epoch: EPOCH, seq, digest: digestAt(changes, seq) };
  return { type: 'beat', ...place, at: 1e12, verified_at: 1e12, unproved: false, sources: {} };
}

const shown = (r: Reader) => new Map(r.board().map((e) => [e.key, e]));

describe('a reader', () => {
  it('never calls a board live that is not the server’s, whatever is lost, doubled or late', () => {
    const mishap = fc.oneof(
      fc.record({ do: fc.constantFrom('event', 'beat', 'reset', 'resumed'), seq: fc.nat(20) }),
      fc.record({ do: fc.constant('tampered'), seq: fc.nat(20) }),
    );
    fc.assert(
      fc.property(history, fc.array(mishap, { maxLength: 60 }), (changes, mishaps) => {
        const r = new Reader('region:11');
        r.opened(DEFAULT_TIMINGS);
        r.reset(resetAt(changes, 0));
        mishaps.forEach((m, i) => {
          const now = i * 20_000; // only a proof of this very step can be young enough
          const seq = Math.min(m.seq, changes.length);
          if (m.do === 'event' && seq > 0) r.event(seq, seq, eventAt(changes, seq));
          if (m.do === 'tampered' && seq > 0) r.event(seq, seq, eventAt(changes, seq).slice(1));
          if (m.do === 'reset') r.reset(resetAt(changes, seq));
          if (m.do === 'resumed') r.resumed({ epoch: EPOCH, seq });
          if (m.do === 'beat') r.beat(beatAt(changes, seq), now);
          if (r.link(now).link !== 'live') return;
          expect(shown(r)).toEqual(boardAt(changes, r.cursor.seq));
        });
      }),
      { numRuns: 500 },
    );
  });

  it('is live with the whole board after one honest beat and what it asks for', () => {
    fc.assert(
      fc.property(history, fc.nat(20), fc.array(fc.nat(20)), (changes, from, some) => {
        const head = changes.length;
        const r = new Reader('region:11');
        r.opened(DEFAULT_TIMINGS);
        r.reset(resetAt(changes, Math.min(from, head)));
        for (const seq of some) if (seq > 0 && seq <= head) r.event(seq, seq, eventAt(changes, seq));
        r.beat(beatAt(changes, head), 0);
        if (r.waiting) serve(r, changes);
        r.beat(beatAt(changes, head), 0);
        expect(r.link(0).link).toBe('live');
        expect(shown(r)).toEqual(boardAt(changes, head));
      }),
    );
  });

  it('takes one merged event as it takes its parts', () => {
    fc.assert(
      fc.property(history, fc.nat(20), (changes, from) => {
        const cursor = Math.min(from, changes.length);
        const one = new State();
        const many = new State();
        for (const s of [one, many]) s.load(EPOCH, cursor, resetAt(changes, cursor).keys);
        for (let seq = cursor + 1; seq <= changes.length; seq++) many.apply(seq, seq, eventAt(changes, seq));
        one.apply(cursor + 1, changes.length, merged(changes, cursor));
        expect(one.live()).toEqual(many.live());
        expect(one.digest).toBe(many.digest);
        expect(one.digest).toBe(digestAt(changes, changes.length));
      }),
    );
  });
});

/** Answers a subscription as a server does: from the cursor, or with everything. */
function serve(r: Reader, changes: Change[]): Step {
  const { seq, cause } = r.subscription();
  if (cause || seq === undefined) return r.reset(resetAt(changes, changes.length));
  r.resumed({ epoch: EPOCH, seq });
  return r.event(seq + 1, changes.length, merged(changes, seq));
}

/** All keys that moved after the cursor, tombstones included, with their last version. */
function merged(changes: Change[], cursor: number): Entry[] {
  const last = new Map<string, Entry>();
  for (let seq = cursor + 1; seq <= changes.length; seq++) {
    for (const e of eventAt(changes, seq)) last.set(e.key, e);
  }
  return [...last.values()];
}

it('a digest does not depend on the order, and removing undoes adding', () => {
  const key = fc.stringMatching(/^[!-~]{1,128}$/);
  const entry = fc.tuple(key, fc.nat({ max: Number.MAX_SAFE_INTEGER }));
  fc.assert(
    fc.property(fc.array(entry), fc.array(entry), (kept, removed) => {
      const a = new Digest();
      for (const e of [...kept, ...removed]) a.add(...e);
      for (const e of removed) a.remove(...e);
      const b = new Digest();
      for (const e of [...kept].reverse()) b.add(...e);
      expect(a.toString()).toBe(b.toString());
      expect(a.toString()).toMatch(/^[0-9a-f]{16}$/);
    }),
  );
});

describe('the decoder', () => {
  it('reads or refuses any text, and never fails otherwise', () => {
    const types = fc.constantFrom('welcome', 'reset', 'resumed', 'event', 'beat', 'error', 'bye', 'toString');
    const frame = fc.record({ type: types }, { requiredKeys: ['type'] });
    const input = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(frame, fc.object()).map(([f, more]) => JSON.stringify({ ...more, ...f })),
    );
    fc.assert(
      fc.property(input, (text) => {
        try {
          decodeServer(text);
        } catch (err) {
          expect(err).toBeInstanceOf(BadFrame);
        }
      }),
    );
  });

  it.each([
    ['binary', new ArrayBuffer(4)],
    ['a list', '[]'],
    ['no type', '{}'],
    ['a fraction', '{"type":"event","feed":"f","from":1.5,"to":2,"keys":[]}'],
    ['a number beyond 2^53', '{"type":"event","feed":"f","from":1,"to":9007199254740993,"keys":[]}'],
    ['a negative number', '{"type":"event","feed":"f","from":-1,"to":2,"keys":[]}'],
    ['keys that are none', '{"type":"event","feed":"f","from":1,"to":2,"keys":{}}'],
    ['a key without seq', '{"type":"event","feed":"f","from":1,"to":2,"keys":[{"key":"k"}]}'],
    [
      'a short digest',
      '{"type":"reset","feed":"f","epoch":"e","seq":1,"digest":"ab","reason":"r","keys":[]}',
    ],
    [
      'a date without a time',
      '{"type":"beat","feed":"f","epoch":"e","seq":1,"digest":"0000000000000000","at":"2026-01-01"}',
    ],
  ])('refuses %s', (_, data) => {
    expect(() => decodeServer(data)).toThrow(BadFrame);
  });

  it('ignores a type that is not known', () => {
    expect(decodeServer('{"type":"news"}')).toBeNull();
  });
});

describe('the steady clock', () => {
  it('follows whichever clock saw more time, and never goes back', () => {
    let monotonic = 0;
    let wall = 1_000_000;
    const now = steadyClock(
      () => monotonic,
      () => wall,
    );
    const step = (m: number, w: number) => {
      monotonic += m;
      wall += w;
      return now();
    };
    expect(step(100, 100)).toBe(100);
    expect(step(0, 60_000)).toBe(60_100); // asleep: the monotonic clock stood still
    expect(step(100, -3_600_000)).toBe(60_200); // the wall clock was set back
    expect(step(100, 100)).toBe(60_300);
  });
});
