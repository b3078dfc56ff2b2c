/** The same golden vectors that hold the Go reader: model/feed/testdata/vectors.json. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Digest } from '../src/feed/digest.ts';
import { decodeServer, parseTime, type ClientFrame, type Entry, type Timings } from '../src/feed/frames.ts';
import { Reader, worse, type Answer, type Link, type Step, type Whole } from '../src/feed/reader.ts';
import { DEFAULT_TIMINGS, freshnessOf } from '../src/feed/timings.ts';

interface Vectors {
  digests: { name: string; added: Entry[]; removed: Entry[]; digest: string }[];
  freshness: { name: string; observed_at: string | null; now: string; state: string }[];
  links: Link[];
  readers: { name: string; feed: string; steps: ScenarioStep[] }[];
}

interface ScenarioStep {
  at_ms: number;
  do: 'open' | 'close' | 'frame' | 'answer' | 'begin' | 'none';
  timings?: Timings;
  frame?: unknown;
  answer?: Answer;
  whole?: Whole;
  expect: {
    link: Link;
    why: string;
    asks: ClientFrame | null;
    cursor: { epoch: string; seq: number };
    digest: string;
    board: Record<string, unknown>;
  };
}

const path = new URL('../../model/feed/testdata/vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors;

it('has cases in every part', () => {
  expect(vectors.digests.length).toBeGreaterThan(0);
  expect(vectors.freshness.length).toBeGreaterThan(0);
  expect(vectors.links.length).toBe(5);
  expect(vectors.readers.length).toBeGreaterThan(0);
});

describe('digests', () => {
  it.each(vectors.digests)('$name', ({ added, removed, digest }) => {
    const d = new Digest();
    for (const e of added) d.add(e.key, e.seq);
    for (const e of removed) d.remove(e.key, e.seq);
    expect(d.toString()).toBe(digest);
  });
});

describe('freshness', () => {
  it.each(vectors.freshness)('$name', ({ observed_at, now, state }) => {
    expect(freshnessOf(DEFAULT_TIMINGS, parseTime(observed_at), parseTime(now)!)).toBe(state);
  });
});

it('orders the link states', () => {
  vectors.links.forEach((a, i) => vectors.links.forEach((b, j) => expect(worse(a, b)).toBe(i > j)));
});

describe('readers', () => {
  it.each(vectors.readers)('$name', ({ feed, steps }) => {
    const r = new Reader(feed);
    steps.forEach((step, i) => {
      const asks = play(r, step).ask ? r.subscription() : null;
      expect(observe(r, step.at_ms, asks), `step ${i + 1} (${step.do} at ${step.at_ms} ms)`).toEqual(
        step.expect,
      );
    });
  });
});

function play(r: Reader, step: ScenarioStep): Step {
  switch (step.do) {
    case 'open':
      r.opened(step.timings ?? DEFAULT_TIMINGS);
      return { ask: true };
    case 'close':
      r.closed();
      return {};
    case 'frame':
      return deliver(r, JSON.stringify(step.frame), step.at_ms);
    case 'answer':
      return r.overlay(step.answer!);
    case 'begin':
      return r.begin(step.whole!);
    case 'none':
      return {};
  }
}

function deliver(r: Reader, raw: string, now: number): Step {
  const f = decodeServer(raw);
  switch (f?.type) {
    case 'reset':
      return r.reset(f);
    case 'resumed':
      return r.resumed(f);
    case 'event':
      return r.event(f.from, f.to, f.keys);
    case 'beat':
      return r.beat(f, now);
    default:
      throw new Error(`${f?.type} is no frame of a feed`);
  }
}

function observe(r: Reader, now: number, asks: ClientFrame | null): ScenarioStep['expect'] {
  const { link, why } = r.link(now);
  const { epoch, seq } = r.cursor;
  const board = Object.fromEntries(r.board().map((e) => [e.key, e.value]));
  return { link, why, asks, cursor: { epoch, seq }, digest: r.digest, board };
}
