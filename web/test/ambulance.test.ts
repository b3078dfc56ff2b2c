import { describe, expect, it } from 'vitest';
import { cardOf, noticesOf, shapeOf, toneOf, toneOfRequest } from '../src/ambulance/cards.ts';
import { coursesOf, isSilent, refusalsOf, roundOf, takeoverOf, winnerOf } from '../src/ambulance/course.ts';
import { BLANK, CONDITIONS, isKnown, press, say } from '../src/ambulance/patient.ts';
import { distanceKm, middleOf, regionsOf } from '../src/ambulance/place.svelte.ts';
import { HELD_MS, MOVE_MS, Steady } from '../src/ambulance/steady.ts';
import { clock, factText, requestText, triageText } from '../src/ambulance/tell.ts';
import { words } from '../src/ambulance/words.ts';
import { byHospital, casesOf, rankOf, requestsOf, type Request } from '../src/domain/index.ts';
import { DEFAULT_TIMINGS, type Entry } from '../src/feed/index.ts';

const NOW = Date.parse('2026-11-27T09:00:00.000Z');
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();
const entry = (key: string, value: unknown): Entry => ({ key, seq: 1, value });

/** A unit’s board with one case and the given reservations. */
function courses(reservations: Record<string, unknown>[], state = 'open') {
  const board = [
    entry('case/c1', { code: '95661', version: 1, state, ktas: 2, opened_at: at(-60) }),
    ...reservations.map((r, i) =>
      entry(`reservation/r${i}`, {
        case: 'c1',
        hospital: `A110000${i}`,
        name: `병원 ${i}`,
        state: 'pending',
        version: 1,
        asked_at: at(-30),
        answer_by: at(60),
        ...r,
      }),
    ),
  ];
  return coursesOf(casesOf(board), requestsOf(board));
}

const one = (r: Record<string, unknown>): Request => courses([r])[0]!.requests[0]!;

describe('what takes the screen', () => {
  it.each([
    ['a yes that nobody has seen', { state: 'approved', answered_at: at(-1) }, 'won'],
    ['a designation', { state: 'approved', answered_at: at(-1), designated: true }, 'designated'],
    ['a yes that was withdrawn', { state: 'canceled', end: 'withdrawn', answered_at: at(-9) }, 'lost'],
    ['a yes that was undone', { state: 'canceled', end: 'undone', answered_at: at(-9) }, 'lost'],
    ['a yes that the control room gave up', { state: 'expired', answered_at: at(-9) }, 'lost'],
    ['a yes that was seen', { state: 'approved', answered_at: at(-9), confirmed_at: at(-1) }, null],
    [
      'a withdrawal that was seen',
      { state: 'canceled', end: 'withdrawn', answered_at: at(-9), confirmed_at: at(-1) },
      null,
    ],
    ['a request that waits', {}, null],
    ['a no', { state: 'rejected', answered_at: at(-1), reason: 'no_icu' }, null],
    ['a request that ended without an answer', { state: 'expired' }, null],
    ['one that the crew took back', { state: 'canceled', end: 'crew' }, null],
    ['one that the control room took back before an answer', { state: 'canceled', end: 'control' }, null],
  ])('%s', (_, r, kind) => {
    expect(takeoverOf(courses([r]))?.kind ?? null).toBe(kind);
  });

  it('is nothing once the case is over', () => {
    expect(takeoverOf(courses([{ state: 'approved', answered_at: at(-1) }], 'canceled'))).toBeNull();
  });

  it('after a lost yes, offers those that had fallen silent for it, but nobody who is asked again', () => {
    const lost = { state: 'canceled', end: 'withdrawn', answered_at: at(-9) };
    const silent = { state: 'canceled', end: 'superseded' };
    const t = takeoverOf(courses([lost, silent, silent, { hospital: 'A1100002' }]));
    expect(t).toMatchObject({ kind: 'lost', again: ['A1100001'] });
  });

  it('a new yes stands over an older lost one', () => {
    const lost = { state: 'canceled', end: 'withdrawn', answered_at: at(-9) };
    expect(takeoverOf(courses([lost, { state: 'approved', answered_at: at(-1) }]))?.kind).toBe('won');
  });
});

describe('a round of requests', () => {
  it('stands whole while one of it waits, answered ones too', () => {
    const [c] = courses([{ state: 'rejected' }, {}, {}]);
    expect(roundOf(c!).map((r) => r.id)).toEqual(['r0', 'r1', 'r2']);
    expect(refusalsOf(c!).map((r) => r.id)).toEqual(['r0']);
  });

  it('makes room for the next when nobody is left to answer', () => {
    const [c] = courses([{ state: 'rejected' }, { state: 'expired' }, { state: 'rejected' }]);
    expect(roundOf(c!)).toEqual([]);
    expect(refusalsOf(c!).length).toBe(3);
    expect(winnerOf(c!)).toBeNull();
  });

  it('keeps one of an earlier command that still waits', () => {
    const [c] = courses([{}, { state: 'rejected' }, { asked_at: at(-5) }]);
    expect(roundOf(c!).map((r) => r.id)).toEqual(['r0', 'r2']);
  });
});

describe('a wait', () => {
  it('is silent when the server says so, or the clock does (R30)', () => {
    expect(isSilent(one({}), NOW)).toBe(false);
    expect(isSilent(one({}), NOW + 60_000)).toBe(true);
    expect(isSilent(one({ no_answer_at: at(-1) }), NOW)).toBe(true);
    expect(isSilent(one({ state: 'rejected', no_answer_at: at(-1) }), NOW)).toBe(false);
  });

  it('is said with its seconds, of how many, and what became of it', () => {
    const w = words.ko;
    expect(requestText(w, one({}), NOW, 'ko')).toBe('대기 0:30 / 1:30');
    expect(requestText(w, one({}), NOW + 65_000, 'ko')).toBe('무응답 1:35');
    expect(requestText(w, one({ state: 'rejected', reason: 'no_icu' }), NOW, 'ko')).toBe(
      '거절 · 중환자실 없음',
    );
    expect(requestText(w, one({ state: 'canceled', end: 'superseded' }), NOW, 'ko')).toBe('자동 해제');
    expect(requestText(words.en, one({ state: 'approved' }), NOW, 'en')).toBe('Accepted');
    expect(clock(-1)).toBe('0:00');
    expect(clock(125_000)).toBe('2:05');
  });

  it('has a shape beside its word in every state (R5)', () => {
    const shapes = ['pending', 'approved', 'rejected', 'canceled', 'expired', 'arrived'].map(
      (state) => toneOfRequest(one({ state }), false).shape,
    );
    expect(shapes).toEqual(['ring', 'circle', 'cross', 'cross', 'cross', 'circle']);
  });
});

describe('the order of the list (R10)', () => {
  const best = ['a', 'b', 'c'];
  const other = ['c', 'a', 'b'];

  it('moves at once for another question, else at most once in five seconds', () => {
    const s = new Steady();
    expect(s.order('q', best, 0)).toEqual(best);
    expect(s.order('q', other, MOVE_MS - 1)).toEqual(best);
    expect(s.order('q', other, MOVE_MS)).toEqual(other);
    expect(s.order('r', best, MOVE_MS + 1)).toEqual(best);
  });

  it('never moves under a finger, nor for three seconds after', () => {
    const s = new Steady();
    s.order('q', best, 0);
    s.touch(true, 60_000);
    expect(s.order('q', other, 120_000)).toEqual(best);
    s.touch(false, 120_000);
    expect(s.order('q', other, 120_000 + HELD_MS - 1)).toEqual(best);
    expect(s.order('q', other, 120_000 + HELD_MS)).toEqual(other);
  });

  it('keeps places when one goes and another comes', () => {
    const s = new Steady();
    s.order('q', best, 0);
    expect(s.order('q', ['d', 'c', 'a'], 1)).toEqual(['a', 'c', 'd']);
  });
});

describe('a patient', () => {
  it('is told by one press, and nothing else is made up', () => {
    expect(press(BLANK, 'mi').triage).toEqual({ category: 'severe.mi_reperfusion', kind: 'disease' });
    expect(press(BLANK, 'arrest').triage).toEqual({ ktas: 1, kind: 'disease' });
    expect(isKnown(BLANK.triage)).toBe(false);
    for (const c of CONDITIONS) expect(isKnown(press(BLANK, c).triage)).toBe(true);
  });

  it('keeps what was said otherwise when the condition changes, and loses only what it had said', () => {
    let d = say(press(BLANK, 'birth'), 'ktas', 2);
    d = press(d, 'stroke');
    expect(d.triage).toEqual({ ktas: 2, category: 'severe.stroke_reperfusion', kind: 'disease' });
    d = press(d, 'stroke');
    expect(d).toEqual({ ...BLANK, triage: { ktas: 2 } });
    expect(say(d, 'ktas', 2).triage).toEqual({});
  });

  it('is told in a line', () => {
    const t = { ktas: 2, category: 'severe.mi_reperfusion', age_band: 'elderly', sex: 'male' };
    expect(triageText(words.ko, t, 'ko')).toBe('KTAS 2 · 심근경색 · 노인 · 남');
    expect(triageText(words.en, {}, 'en')).toBe('');
  });
});

describe('a card', () => {
  const board = (er: unknown, observed: string, more: Entry[] = []): Entry[] => [
    entry('A1/acceptance', { 'severe.mi_reperfusion': { state: 'accepts' } }),
    entry('A1/console', { reach: 'audible' }),
    entry('A1/egen', { observed_at: observed }),
    entry('A1/er', { 'er.general': er }),
    entry('A1/hospital', { name: '의료법인길의료재단길병원', tel: '응급실 032-460-3011', level: 'G001' }),
    ...more,
  ];
  const card = (entries: Entry[], triage = {}) => {
    const parts = byHospital(entries);
    const need = { category: 'severe.mi_reperfusion', minutes: { A1: 7.4 }, ...triage };
    const [ranked] = rankOf(parts, need, NOW, DEFAULT_TIMINGS);
    return cardOf(ranked!, parts.get('A1')!, NOW);
  };

  it('has the seven facts: name, tier, answer, who hears, minutes, beds, age (R8)', () => {
    const c = card(board({ state: 'known', value: 6, total: 40 }, at(-30)));
    expect(c).toMatchObject({
      name: '길병원',
      tel: '032-460-3011',
      minutes: 7,
      beds: { kind: 'free', number: '6', total: '/40' },
      freshness: 'fresh',
    });
    expect(factText(c.answer!, 'ko')).toBe('심근경색 가능');
    expect(factText(c.console, 'ko')).toBe('알림 들림');
    expect(factText(c.level, 'ko')).toBe('권역센터');
  });

  it.each([
    [{ state: 'known', value: -2 }, at(-30), { kind: 'over', number: '+2' }, 'fresh'],
    [{ state: 'known', value: 0 }, at(-30), { kind: 'full', number: '0' }, 'fresh'],
    [{ state: 'known', value: 6 }, at(-23 * 60), { kind: 'free', number: '6' }, 'stale'],
    [{ state: 'known', value: 6 }, at(-61 * 60), { kind: 'unknown', number: '?' }, 'none'],
    [{ state: 'unknown' }, at(-30), { kind: 'unknown', number: '?' }, 'none'],
    [{ state: 'not_offered' }, at(-30), { kind: 'unknown', number: '–' }, 'none'],
  ])('of %j observed at %s shows no number that nobody knows (R12)', (er, observed, beds, freshness) => {
    expect(card(board(er, observed))).toMatchObject({ beds, freshness });
  });

  it('lets a closed door speak before the disease, and counts what is announced', () => {
    const known = { state: 'known', value: 6 };
    const notice = entry('A1/msg/1', { kind: 'er', text: '안내', starts_at: at(-60), ends_at: null });
    expect(factText(card(board(known, at(-30), [notice])).answer!, 'ko')).toBe('심근경색 가능');
    expect(card(board(known, at(-30), [notice])).notices).toBe(1);
    const closed = entry('A1/msg/2', { kind: 'er', reason: 'er_closed', starts_at: at(-60), ends_at: null });
    const c = card(board(known, at(-30), [notice, closed]));
    expect(factText(c.answer!, 'ko')).toBe('응급실 폐쇄');
    expect([c.fit, shapeOf(toneOf(c.answer!))]).toEqual(['no', 'square']);
    expect(noticesOf(new Map([['msg/1', { lifted: true }]]), NOW)).toEqual([]);
  });
});

describe('the place', () => {
  const seoul = { lat: 37.5663, lon: 126.9779 };
  const gangnam = { lat: 37.4979, lon: 127.0276 };

  it('knows a distance, and the middle of some points', () => {
    expect(distanceKm(seoul, gangnam)).toBeCloseTo(8.78, 1);
    expect(middleOf([])).toBeNull();
    expect(middleOf([seoul, gangnam])!.lat).toBeCloseTo(37.5321);
  });

  it('follows one’s own region first, then those that are near, and not all of them', () => {
    const way = (region: string, minutes: number) => ({ id: `A${region}`, region, minutes, estimated: true });
    const ways = [way('11', 5), way('41', 20), way('28', 30), way('36', 39), way('43', 40), way('51', 90)];
    expect(regionsOf(['41'], ways)).toEqual(['41', '11', '28', '36']);
    expect(regionsOf([], [])).toEqual([]);
  });
});

describe.each(['ko', 'en'] as const)('the words in %s', (language) => {
  it('that say what to do next have 31 characters or less in Korean (R27)', () => {
    const w = words[language];
    const told = [
      w.gpsRefused,
      w.noCases,
      w.nothingFound,
      w.askFirst,
      w.noHospital,
      w.overdue,
      w.giveUpSure,
      w.noUnits,
      w.precondition_failed,
      ...Object.values(w.own),
      ...Object.values(w.failed),
      w.failedElse,
    ];
    for (const text of told) {
      expect(text).toMatch(/[.?]$/);
      if (language === 'ko') expect([text, [...text].length <= 31]).toEqual([text, true]);
    }
  });
});
