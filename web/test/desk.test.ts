import { describe, expect, it } from 'vitest';
import { incomingOf, type Incoming } from '../src/domain/index.ts';
import { changedParts, deskOf, isOverdue, minutesUntil, waitedOf } from '../src/hospital/desk.ts';

const NOW = Date.parse('2026-11-27T02:00:00.000Z');
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

/** A request as the board has it. */
export function request(id: string, more: Record<string, unknown> = {}): Incoming {
  const value = { state: 'pending', version: 1, case_version: 1, asked_at: at(-20), ktas: 3, ...more };
  return incomingOf([{ key: `request/${id}`, seq: 1, value }])[0]!;
}

const ids = (list: readonly Incoming[]) => list.map((r) => r.id);

describe('the queue', () => {
  it('has the most urgent first, then who waits longest', () => {
    const d = deskOf(
      [
        request('c', { ktas: 3, asked_at: at(-5) }),
        request('b', { ktas: 3, asked_at: at(-50) }),
        request('a', { ktas: 1, asked_at: at(-1) }),
      ],
      NOW,
    );
    expect(ids(d.waiting)).toEqual(['a', 'b', 'c']);
  });

  it('has who was not assessed after those in danger of their lives, before all others', () => {
    const d = deskOf([request('3'), request('-', { ktas: undefined }), request('2', { ktas: 2 })], NOW);
    expect(ids(d.waiting)).toEqual(['2', '-', '3']);
  });

  it('R7: has at most three cards, and says how many have none', () => {
    const d = deskOf(
      ['a', 'b', 'c', 'd', 'e'].map((id) => request(id)),
      NOW,
    );
    expect(d.cards.length).toBe(3);
    expect(d.more).toBe(2);
  });

  it('R16: tells how long somebody waits in steps, no ticking digits', () => {
    const r = request('a', { asked_at: at(0) });
    const told = Array.from({ length: 60 }, (_, s) => JSON.stringify(waitedOf(r, NOW + s * 1000)));
    expect(new Set(told).size).toBe(6);
    expect(waitedOf(r, NOW + 125_000)).toEqual({ unit: 'minutes', n: 2 });
  });
});

describe('what ended', () => {
  const superseded = { state: 'canceled', end: 'superseded', ended_at: at(0) };

  it('R33: acceptance elsewhere takes the card at once and is told for five seconds', () => {
    const r = request('a', superseded);
    const d = deskOf([r], NOW + 100);
    expect(d.waiting).toEqual([]);
    expect(d.gone).toMatchObject([{ why: 'superseded', expected: false }]);
    expect(deskOf([r], NOW + 4_900).gone.length).toBe(1);
    expect(deskOf([r], NOW + 5_000).gone).toEqual([]);
  });

  it('is told for longer when a patient was expected', () => {
    const r = request('a', { ...superseded, end: 'crew', answered_at: at(-100) });
    expect(deskOf([r], NOW + 30_000).gone).toMatchObject([{ why: 'crew', expected: true }]);
  });

  it('is no news when the hospital itself did it', () => {
    const ends = ['withdrawn', 'undone'].map((end) => request(end, { ...superseded, end }));
    expect(deskOf([...ends, request('no', { state: 'rejected', ended_at: at(0) })], NOW).gone).toEqual([]);
  });
});

describe('who comes', () => {
  const yes = (id: string, more: Record<string, unknown> = {}) =>
    request(id, {
      state: 'approved',
      answered_at: at(-60),
      arrive_at: at(300),
      arrive_by: at(1200),
      ...more,
    });

  it('comes in the order of arrival, who said no time last', () => {
    const list = [
      yes('late'),
      yes('soon', { arrive_at: at(60) }),
      yes('no', { arrive_at: null, arrive_by: null }),
    ];
    expect(ids(deskOf(list, NOW).coming)).toEqual(['soon', 'late', 'no']);
  });

  it('has minutes, rounded up, and negative ones when the time is over', () => {
    expect(minutesUntil(yes('a', { arrive_at: at(61) }), NOW)).toBe(2);
    expect(minutesUntil(yes('a', { arrive_at: at(-121) }), NOW)).toBe(-2);
    expect(minutesUntil(yes('a', { arrive_at: null, arrive_by: null }), NOW)).toBeNull();
  });

  it('is overdue by the clock, before the server says so', () => {
    expect(isOverdue(yes('a'), NOW)).toBe(false);
    expect(isOverdue(yes('a', { arrive_by: at(-1) }), NOW)).toBe(true);
    expect(isOverdue(yes('a', { overdue_at: at(-1) }), NOW)).toBe(true);
  });

  it('can be taken back without a reason for ten seconds, the last yes first; never one that was assigned', () => {
    const [first, second] = [yes('1', { answered_at: at(-8) }), yes('2', { answered_at: at(-3) })];
    expect(deskOf([first, second], NOW).undo?.id).toBe('2');
    expect(deskOf([first], NOW + 2_001).undo).toBeNull();
    expect(deskOf([yes('3', { answered_at: at(0), designated: true })], NOW).undo).toBeNull();
  });

  it('has got worse until somebody says that it was seen', () => {
    const worse = yes('a', { worse_version: 3, acked_version: 2 });
    expect(ids(deskOf([worse], NOW).unseen)).toEqual(['a']);
    expect(deskOf([yes('a', { worse_version: 3, acked_version: 3 })], NOW).unseen).toEqual([]);
  });

  it('was assigned by the control room: somebody here has to say that it was seen', () => {
    const assigned = yes('a', { designated: true });
    expect(ids(deskOf([assigned], NOW).unseen)).toEqual(['a']);
    expect(deskOf([yes('a', { designated: true, acked_version: 1 })], NOW).unseen).toEqual([]);
  });

  it('stays until it is handed over', () => {
    const here = yes('a', { state: 'arrived', arrived_at: at(-5) });
    expect(ids(deskOf([here], NOW).arrived)).toEqual(['a']);
    expect(deskOf([yes('a', { state: 'arrived', handed_over_at: at(0) })], NOW).arrived).toEqual([]);
  });
});

it('says what of a patient changed', () => {
  const before = request('a', { age_band: 'adult' });
  expect(changedParts(before, request('a', { ktas: 2, age_band: 'adult' }))).toEqual(['ktas']);
});
