/** The golden vectors of model/net.go, and what must hold for everything that may come. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFull, netOf, type Net } from '../src/domain/index.ts';
import { DEFAULT_TIMINGS } from '../src/feed/index.ts';

interface Vectors {
  now: string;
  nets: { name: string; reading?: unknown; age_ms: number | null; load?: unknown; net: Net }[];
}

const path = new URL('../../model/testdata/net.json', import.meta.url);
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors;
const NOW = Date.parse(vectors.now);

const net = (reading: unknown, age: number | null, load?: unknown) =>
  netOf(reading, age === null ? null : NOW - age, load, NOW, DEFAULT_TIMINGS);

it('has cases', () => expect(vectors.nets.length).toBeGreaterThanOrEqual(40));

describe('nets', () => {
  it.each(vectors.nets)('$name', ({ reading, age_ms, load, net: want }) => {
    expect(net(reading, age_ms, load)).toEqual(want);
  });
});

describe('a net', () => {
  it.each([
    null,
    6,
    '6',
    [],
    {},
    { state: 'known' },
    { state: 'known', value: '6' },
    { state: 'guessed', value: 6 },
  ])('of %j is unknown', (reading) => expect(net(reading, 0)).toEqual({ state: 'unknown' }));

  it.each([{ held: '1' }, { held: null }, { asked: 1.5 }, { held: 1, asked: [] }])(
    'of six beds with the load %j is unknown',
    (load) => expect(net({ state: 'known', value: 6 }, 0, load)).toEqual({ state: 'unknown' }),
  );

  it('promises no more than was said, whatever comes', () => {
    const value = fc.oneof(fc.integer({ min: -5, max: 9 }), fc.anything());
    const state = fc.oneof(fc.constantFrom('known', 'unknown', 'not_reported', 'not_offered'), fc.anything());
    const reading = fc.oneof({ weight: 5, arbitrary: fc.record({ state, value }) }, fc.anything());
    const counts = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: -2, max: 5 }) }, fc.anything());
    const load = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ held: counts, coming: counts, asked: counts }, { requiredKeys: [] }),
      },
      fc.anything(),
    );
    const age = fc.option(fc.integer({ min: -300_000, max: 7_200_000 }));
    fc.assert(
      fc.property(reading, age, load, (r, a, l) => {
        const n = net(r, a, l);
        if (n.state !== 'known') {
          expect(isFull(n)).toBe(false);
          expect(Object.keys(n)).toEqual(['state']);
          return;
        }
        const said = r as { state: string; value: number };
        expect(said.state).toBe('known');
        expect(a !== null && a >= -120_000 && a <= 3_600_000).toBe(true);
        expect(n.free).toBeLessThanOrEqual(said.value);
        expect(n.contested).toBeLessThanOrEqual(n.free);
        expect(isFull(n)).toBe(n.free <= 0);
      }),
      { numRuns: 2000 },
    );
  });
});
