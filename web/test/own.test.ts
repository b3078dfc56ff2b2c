import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMINGS, type Entry } from '../src/feed/index.ts';
import { reasonName } from '../src/kit/names.ts';
import { offered, refusals } from '../src/hospital/names.ts';
import { ownOf, regionOf } from '../src/hospital/own.ts';

const ID = 'A1100017';
const NOW = Date.parse('2026-11-27T02:00:00.000Z');
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();
const known = (value: number, total = 16) => ({ state: 'known', value, total });

function own(parts: Record<string, unknown>, now = NOW) {
  const board: Entry[] = Object.entries(parts).map(([key, value]) => ({
    key: `${ID}/${key}`,
    seq: 1,
    value,
  }));
  return ownOf([...board, { key: 'A1100001/er', seq: 1, value: {} }], ID, now, DEFAULT_TIMINGS);
}
const egen = (minutes: number) => ({ observed_at: at(minutes) });
const general = (parts: Record<string, unknown>, now = NOW) => own(parts, now).counts.get('er.general')!;

describe('the own numbers', () => {
  it('are those of the source, negative ones too', () => {
    expect(general({ egen: egen(-1), er: { 'er.general': known(-3) } })).toMatchObject({
      state: 'known',
      value: -3,
      source: null,
    });
  });

  it('are unknown and no zero when nobody said them', () => {
    expect(general({ egen: egen(-1), er: {} })).toMatchObject({ state: 'unknown', free: null });
  });

  it('have the source beside a person’s word, until that ends by the clock', () => {
    const corrected = { 'er.general': { value: known(5), source: known(2), at: at(-2), ends_at: at(28) } };
    const parts = { egen: egen(-1), er: { 'er.general': known(5) }, corrected };
    expect(general(parts)).toMatchObject({ value: 5, source: { value: 2 }, at: NOW - 120_000 });
    expect(general(parts, NOW + 28 * 60_000)).toMatchObject({ value: 2, source: null });
  });

  it('say what is left after the beds that are kept', () => {
    const parts = { egen: egen(-1), er: { 'er.general': known(2) }, load: { 'er.general': { held: 3 } } };
    expect(general(parts)).toMatchObject({ held: 3, free: -1 });
  });

  it('R12: are asked about when nobody said them for 15 minutes, or ever', () => {
    expect(own({ egen: egen(-14), er: {} }).stale).toBe(false);
    expect(own({ egen: egen(-16), er: {} }).stale).toBe(true);
    expect(own({ er: {} }).stale).toBe(true);
    expect(own({ egen: egen(30), er: {} }).stale).toBe(true); // no time that can be
  });
});

it('what is taken is what is declared; what is not said is no refusal', () => {
  const acceptance = { 'severe.burn': { state: 'refuses' }, 'severe.delivery': { state: 'accepts' } };
  const of = (code: string) => own({ acceptance }).diseases.find((d) => d.code === code)?.state;
  expect(['severe.burn', 'severe.delivery', 'severe.biliary'].map(of)).toEqual([
    'refuses',
    'accepts',
    'not_reported',
  ]);
});

it('what is announced is what is in force, the own ones first', () => {
  const told = own({
    'msg/1': { kind: 'er', text: '이비인후과', source: 'egen.messages', ends_at: null },
    'msg/2': { kind: 'er', reason: 'no_icu', source: 'console', ends_at: at(60) },
    'msg/3': { kind: 'er', reason: 'no_icu', source: 'console', ends_at: at(-1) },
  }).told;
  expect(told.map((t) => [t.id, t.ours])).toEqual([
    ['2', true],
    ['1', false],
  ]);
});

it('a hospital lies in the region of its hpid', () => {
  expect(['A1100017', 'A1500001', 'A2600001', 'A9900001'].map(regionOf)).toEqual(['11', '12', '12', '']);
});

it('the reasons for a no are all of the model’s that refuse, the usual ones under 1 to 5', () => {
  expect([...offered].sort()).toEqual([...refusals].sort());
  expect(offered.slice(0, 5).map((code) => reasonName(code, 'ko'))).toEqual([
    '병상 없음',
    '전문의 부재',
    '중환자실 없음',
    '수술실 없음',
    '기타',
  ]);
  expect(refusals).not.toContain('possible');
});
