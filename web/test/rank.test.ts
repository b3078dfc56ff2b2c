/** The golden vectors of model/rank.go, and what must hold for everything that may come. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_WEIGHTS, rank, type Fact, type Need, type Weights } from '../src/domain/index.ts';
import { DEFAULT_TIMINGS, type Entry } from '../src/feed/index.ts';

interface Vectors {
  now: string;
  weights: Weights;
  cases: {
    need: Need;
    board: Record<string, unknown>;
    ranked: { id: string; fit: string; left_out?: boolean; score: number; facts: string }[];
  }[];
}

const path = new URL('../../model/testdata/rank.json', import.meta.url);
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors;
const NOW = Date.parse(vectors.now);

const entries = (board: Record<string, unknown>): Entry[] =>
  Object.entries(board).map(([key, value], i) => ({ key, seq: i + 1, value }));
const order = (board: readonly Entry[], need: Need) => rank(board, need, NOW, DEFAULT_TIMINGS);
const told = (f: Fact): string => `${f.code} ${f.minutes} ${f.about} ${f.count}`;

describe('ranks', () => {
  it('has cases and the same weights', () => {
    expect(vectors.cases.length).toBeGreaterThanOrEqual(30);
    expect(DEFAULT_WEIGHTS).toEqual(vectors.weights);
  });

  it.each(vectors.cases.map((c, i) => [i, c] as const))('case %i', (_, { need, board, ranked }) => {
    const got = order(entries(board), need).map((r) => ({
      id: r.id,
      fit: r.fit,
      ...(r.leftOut ? { left_out: true } : {}),
      score: r.score,
      facts: r.facts.map(told).join(', '),
    }));
    expect(got).toEqual(ranked);
  });
});

describe('a rank', () => {
  it('is the same in whatever order the board comes', () => {
    const any = fc.constantFrom(...vectors.cases).chain((c) => {
      const board = entries(c.board);
      return fc.tuple(
        fc.constant(c.need),
        fc.constant(board),
        fc.shuffledSubarray(board, { minLength: board.length }),
      );
    });
    fc.assert(
      fc.property(any, ([need, board, mixed]) => {
        expect(order(mixed, need)).toEqual(order(board, need));
      }),
    );
  });

  it('promises no bed and loses nobody, whatever comes', () => {
    const name = fc.constantFrom(
      'er',
      'egen',
      'push',
      'corrected',
      'acceptance',
      'load',
      'console',
      'msg/1',
      'beds',
    );
    const inside = fc.dictionary(
      fc.constantFrom(
        'er.general',
        'severe.burn',
        'observed_at',
        'state',
        'value',
        'reason',
        'kind',
        'reach',
      ),
      fc.anything(),
    );
    const parts = fc.dictionary(name, fc.oneof(inside, fc.anything()));
    const need = fc.record({
      ktas: fc.nat(5),
      category: fc.constantFrom('', 'severe.burn'),
      minutes: fc.constant({}),
    });
    fc.assert(
      fc.property(parts, fc.anything(), need, (values, hospital, n) => {
        const keys = Object.entries({ ...values, hospital });
        const board = keys.map(([key, value], i) => ({ key: `A1100001/${key}`, seq: i + 1, value }));
        const [r, ...more] = order(board, n);
        expect(more).toEqual([]);
        expect(Number.isFinite(r!.score)).toBe(true);
        expect(r!.facts.length).toBeLessThanOrEqual(7);
        if (r!.fit === 'yes') expect(r!.net).toMatchObject({ state: 'known' });
        if (r!.leftOut) expect([n.ktas >= 3, r!.fit]).toEqual([true, 'no']);
      }),
      { numRuns: 1000 },
    );
  });
});
