import { describe, expect, it } from 'vitest';
import { incomingOf } from '../src/domain/index.ts';
import { deskOf } from '../src/hospital/desk.ts';
import { hearingOf, Ladder } from '../src/hospital/hearing.ts';
import { words } from '../src/hospital/words.ts';

const AT = '2026-11-27T02:00:00.000Z';
const NOW = Date.parse(AT);
const deskWith = (...values: Record<string, unknown>[]) =>
  deskOf(
    incomingOf(
      values.map((v, i) => ({
        key: `request/r${i}`,
        seq: 1,
        value: { state: 'pending', asked_at: AT, ...v },
      })),
    ),
    NOW,
  );

describe('the words about a request', () => {
  it('say the highest rung that is proved, and nothing that the server knows', () => {
    const ladder = new Ladder();
    expect(ladder.acks(deskWith({}), false, 0)).toEqual([{ id: 'r0', rung: 'pushed' }]);
    expect(ladder.acks(deskWith({ pushed_at: AT }), true, 0)).toEqual([{ id: 'r0', rung: 'shown' }]);
    ladder.sounded(['r0']);
    expect(ladder.acks(deskWith({ pushed_at: AT, shown_at: AT }), true, 0)).toEqual([
      { id: 'r0', rung: 'sounded' },
    ]);
    expect(ladder.acks(deskWith({ pushed_at: AT, shown_at: AT, sounded_at: AT }), true, 0)).toEqual([]);
  });

  it('are said again after a while when they came to nothing, not at each look', () => {
    const ladder = new Ladder();
    const said = [0, 100, 2_900, 3_000].map((now) => ladder.acks(deskWith({}), true, now).length);
    expect(said).toEqual([1, 0, 0, 1]);
  });

  it('never call shown what has no card', () => {
    const acks = new Ladder().acks(deskWith({}, {}, {}, {}), true, 0);
    expect(acks.map((a) => a.rung)).toEqual(['shown', 'shown', 'shown', 'pushed']);
  });
});

describe('R5: what is proved of being heard', () => {
  const says = (held: boolean, reach: 'audible' | 'visible' | 'open' | 'none' | null) =>
    hearingOf(words.ko, { held, reach, problem: null });

  it('is a shape and a word, another one for each', () => {
    const all = [
      says(true, 'audible'),
      says(true, 'visible'),
      says(true, 'open'),
      says(false, 'audible'),
      says(false, null),
    ];
    expect(new Set(all.map((l) => l.text)).size).toBe(all.length);
    expect(says(true, 'audible')).toMatchObject({ level: 'ok', shape: 'circle' });
    expect(says(true, 'visible')).toMatchObject({ level: 'warn', shape: 'triangle' });
  });

  it('is loudest when the lease is lost', () => {
    expect(says(false, 'audible')).toMatchObject({ level: 'no', shape: 'cross' });
  });
});
