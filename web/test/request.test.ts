import { describe, expect, it } from 'vitest';
import { casesOf, incomingOf, requestsOf } from '../src/domain/index.ts';
import type { Entry } from '../src/feed/index.ts';

const AT = '2026-11-27T01:27:35.893Z';
const entry = (key: string, value: unknown): Entry => ({ key, seq: 1, value });

const value = {
  case: 'c1',
  hospital: 'A1100017',
  name: '서울대학교병원',
  tel: '02-2072-2475',
  item: 'er.general',
  state: 'pending',
  version: 1,
  others: 1,
  asked_at: AT,
  answer_by: '2026-11-27T01:29:05.893Z',
};

describe('a unit’s board', () => {
  it('has cases and reservations, each by itself', () => {
    const board = [
      entry('case/c1', { code: '95661', version: 2, state: 'open', winner: 'r1', ktas: 2, opened_at: AT }),
      entry('reservation/r1', { ...value, pushed_at: AT, shown_at: AT }),
    ];
    expect(casesOf(board)).toMatchObject([
      { id: 'c1', code: '95661', version: 2, winner: 'r1', triage: { ktas: 2 }, openedAt: Date.parse(AT) },
    ]);
    expect(requestsOf(board)).toMatchObject([
      { id: 'r1', case: 'c1', state: 'pending', others: 1, rung: 'shown', missing: ['sounded', 'opened'] },
    ]);
  });

  it('is trusted in nothing: what is no state is no reservation, what is no time is not known', () => {
    const odd = [
      entry('reservation/r1', { ...value, state: 'perhaps' }),
      entry('reservation/r2', null),
      entry('reservation/r3', { ...value, asked_at: 'yesterday', escalation: 'much', designated: 'yes' }),
      entry('case/c1', { ktas: 7, state: 'odd' }),
    ];
    expect(requestsOf(odd)).toMatchObject([{ id: 'r3', askedAt: null, escalation: 0, designated: false }]);
    expect(casesOf(odd)).toMatchObject([{ id: 'c1', state: 'open', triage: {}, winner: '' }]);
  });
});

it('a hospital’s board tells of the patient and the crew', () => {
  const board = [
    entry('request/r1', {
      ...value,
      code: '95661',
      call_sign: '강남 201',
      case_version: 3,
      ktas: 2,
      category: 'severe.burn',
    }),
  ];
  expect(incomingOf(board)).toMatchObject([
    {
      id: 'r1',
      callSign: '강남 201',
      caseVersion: 3,
      triage: { ktas: 2, category: 'severe.burn' },
      rung: '',
    },
  ]);
});
