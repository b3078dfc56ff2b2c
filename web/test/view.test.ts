import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMINGS, type Entry } from '../src/feed/index.ts';
import { dictionaries, type Dictionary } from '../src/page/i18n.ts';
import { ageText, proofAge } from '../src/kit/age.ts';
import { collectionOf, modeOf, pillOf, spokenOf } from '../src/kit/status.ts';
import { noteOf, type Status } from '../src/page/status.ts';
import { cellOf, observedText, rowsOf, sourceText, sumOf } from '../src/page/view.ts';

const { ko } = dictionaries;
const NOW = Date.parse('2026-11-23T09:00:00.000Z');
const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

describe('a reading', () => {
  it.each([
    [{ state: 'known', value: 6, total: 40 }, 'free', '6', '/40'],
    [{ state: 'known', value: 6 }, 'free', '6', ''],
    [{ state: 'known', value: 0, total: 40 }, 'full', '0', '/40'],
    [{ state: 'known', value: -3, total: 20 }, 'over', '+3', ''],
    [{ state: 'unknown', raw: 999, total: 20 }, 'unknown', '?', ''],
    [{ state: 'not_reported', total: 20 }, 'not_reported', '?', ''],
    [{ state: 'not_offered' }, 'not_offered', '–', ''],
    [undefined, 'not_reported', '?', ''],
    [null, 'unknown', '?', ''],
    [{ state: 'known' }, 'unknown', '?', ''],
    [{ state: 'known', value: '6' }, 'unknown', '?', ''],
    [{ state: 'known', value: 1.5 }, 'unknown', '?', ''],
    [{ state: 'guessed', value: 6 }, 'unknown', '?', ''],
    ['6', 'unknown', '?', ''],
  ])('%j is %s', (reading, kind, number, total) => {
    expect(cellOf(reading, 'fresh')).toEqual({ kind, number, total });
  });

  it('is never a number when it is withdrawn', () => {
    for (const value of [6, 0, -3]) {
      expect(cellOf({ state: 'known', value, total: 9 }, 'withdrawn').number).toBe('–');
    }
  });
});

const hospital = (id: string, name: string, observed: string | null, er?: unknown): Entry[] => [
  { key: `${id}/egen`, seq: 1, value: { observed_at: observed, received_at: ago(0) } },
  ...(er === undefined ? [] : [{ key: `${id}/er`, seq: 1, value: er }]),
  { key: `${id}/hospital`, seq: 1, value: { name, tel: '02-555-1000' } },
];

const rows = (board: Entry[]) => rowsOf(board, DEFAULT_TIMINGS, NOW);

describe('rows', () => {
  it('stand by name, so that none moves when a number does', () => {
    const board = [...hospital('A1100001', '하늘병원', ago(1)), ...hospital('A1100002', '가람병원', ago(1))];
    expect(rows(board).map((r) => r.name)).toEqual(['가람병원', '하늘병원']);
  });

  it.each([
    [ago(10), 'fresh', '10분 전'],
    [ago(15), 'ageing', '15분 전'],
    [ago(23), 'stale', '23분 전'],
    [ago(95), 'withdrawn', '1시간 전'],
    [null, 'stale', '시각 모름'],
    [ago(-1), 'fresh', '방금'],
    [ago(-5), 'stale', '시각 오류'],
    ['yesterday', 'stale', '시각 모름'],
  ])('observed at %s is %s: %s', (observed, freshness, text) => {
    const [row] = rows(hospital('A1100001', '가람병원', observed));
    expect(row!.state).toBe(freshness);
    expect(observedText(ko, row!, NOW)).toBe(text);
  });

  it('tell the time of the hospital’s own system while that is the base, whatever E-Gen says', () => {
    const board = hospital('A1100001', '가람병원', ago(1), { 'er.general': { state: 'known', value: 6 } });
    const push = { source: 'push:his', observed_at: ago(95), received_at: ago(0) };
    const [row] = rows([...board, { key: 'A1100001/push', seq: 2, value: push }]);
    expect(row).toMatchObject({ state: 'withdrawn', observedAt: NOW - 95 * 60_000 });
    expect(row!.cells[0]).toMatchObject({ kind: 'withdrawn', number: '–' });
    const broken = rows([...board, { key: 'A1100001/push', seq: 2, value: 'x' }]);
    expect(broken[0]!.state).toBe('stale');
  });

  it('without any bed report are 미보고 without a number, and stand after the others', () => {
    const board = [
      ...hospital('A1100001', '가람병원', ago(1), { 'er.general': { state: 'known', value: 6 } }),
      ...hospital('A1100002', '하늘병원', ago(1), { 'er.general': { state: 'known', value: 2 } }),
    ].filter((e) => e.key !== 'A1100001/egen');
    const [other, silent] = rows(board);
    expect(other!.name).toBe('하늘병원');
    expect(silent).toMatchObject({ name: '가람병원', state: 'not_reported' });
    for (const cell of silent!.cells)
      expect(cell).toMatchObject({ kind: 'not_reported', number: '', total: '' });
    expect(observedText(ko, silent!, NOW)).toBe('');
    expect(sumOf(rows(board))).toEqual({ free: 2, reported: 1, hospitals: 2 });
  });

  it('need the hospital itself: numbers without a name are no row', () => {
    expect(rows([{ key: 'A1100001/er', seq: 1, value: {} }])).toEqual([]);
  });
});

describe('a correction (병원 확인)', () => {
  const known = (value: number) => ({ state: 'known', value });
  const board = (observed: string | null, at: string, ends: string, source: unknown = known(6)): Entry[] => {
    const said = { value: known(1), source, by: 'kim', at, ends_at: ends };
    const er = { 'er.general': known(1) };
    return [
      ...hospital('A1100001', '가람병원', observed, er),
      { key: 'A1100001/corrected', seq: 1, value: { 'er.general': said } },
    ];
  };
  const cell = (b: Entry[]) => rows(b)[0]!.cells[0]!;

  it('stands with its own time, and the source’s number beside it', () => {
    const shown = cell(board(ago(1), ago(5), ago(-25)));
    expect(shown).toMatchObject({ kind: 'free', number: '1', freshness: 'fresh' });
    expect(sourceText(ko, shown.source!)).toBe('6');
    const old = cell(board(ago(95), ago(5), ago(-25)));
    expect(old).toMatchObject({ kind: 'free', number: '1', freshness: 'fresh' });
    expect(sourceText(ko, old.source!)).toBe(ko.cell.withdrawn);
  });

  it('ends by the clock: the source’s number counts again', () => {
    expect(cell(board(ago(1), ago(31), ago(1)))).toMatchObject({ number: '6', source: null });
    expect(cell(board(ago(1), ago(31), 'soon'))).toMatchObject({ number: '6', source: null });
  });

  it.each([
    [known(-3), '포화 +3'],
    [known(0), '0'],
    [{ state: 'unknown', raw: 999 }, '모름'],
    [undefined, '미보고'],
  ])('over %j says %s beside it', (source, text) => {
    expect(
      sourceText(ko, cell(board(ago(1), ago(1), ago(-1), source ?? { state: 'not_reported' })).source!),
    ).toBe(text);
  });

  it('shows a number where no source reports, and touches no other item', () => {
    const b = board(null, ago(5), ago(-25)).filter((e) => !e.key.endsWith('/egen'));
    const [general, pediatric] = rows(b)[0]!.cells;
    expect(general).toMatchObject({ number: '1', source: { kind: 'not_reported' } });
    expect(pediatric).toMatchObject({ number: '', source: null });
  });
});

it('a sum counts what was said lately, says of how many, and takes no bed away for another’s overload', () => {
  const er = (value: number) => ({ 'er.general': { state: 'known', value } });
  const board = [
    ...hospital('A1100001', '가', ago(1), er(6)),
    ...hospital('A1100002', '나', ago(15), er(2)),
    ...hospital('A1100003', '다', ago(1), er(-3)),
    ...hospital('A1100004', '라', ago(30), er(100)),
    ...hospital('A1100005', '마', ago(1)),
  ];
  expect(sumOf(rows(board))).toEqual({ free: 8, reported: 3, hospitals: 5 });
});

describe('ages', () => {
  it('change at most every ten seconds (R16)', () => {
    let changes = 0;
    for (let s = 1, last = ageText(ko, 0); s <= 600; s++) {
      const text = ageText(ko, s * 1000);
      if (text !== last) changes++;
      last = text;
    }
    expect(changes).toBe(5 + 10);
  });

  it.each([
    [-5_000, '방금'],
    [9_999, '방금'],
    [59_000, '50초 전'],
    [60_000, '1분 전'],
    [3_599_000, '59분 전'],
    [7_200_000, '2시간 전'],
    [172_800_000, '2일 전'],
  ])('%i ms is %s', (ms, text) => expect(ageText(ko, ms)).toBe(text));

  it('of a proof stand on the pill only when it is not live', () => {
    expect(proofAge(ko, 'live', 1_000)).toBe('');
    expect(proofAge(ko, 'syncing', null)).toBe('');
    expect(proofAge(ko, 'delayed', 8_400)).toBe('8초');
    expect(proofAge(ko, 'offline', 151_000)).toBe('2:31');
  });
});

describe('sources', () => {
  const source = (minutes: number | null) => ({
    complete_at: minutes === null ? null : NOW - minutes * 60_000,
    interval_ms: 300_000,
  });

  it('are late after two intervals; all that are late are named, the oldest poll is told', () => {
    expect(collectionOf({}, NOW)).toBeNull();
    const well = { 'egen.institutions': source(9), 'egen.beds': source(1) };
    expect(collectionOf(well, NOW)).toEqual({ late: [], never: [], completeAt: NOW - 60_000 });
    const ill = {
      'push:x': source(12),
      'egen.messages': source(null),
      'egen.beds': source(11),
      z: source(1),
    };
    expect(collectionOf(ill, NOW)).toEqual({
      late: ['egen.beds', 'push:x'],
      never: ['egen.messages'],
      completeAt: NOW - 720_000,
    });
  });
});

describe('what stands above the table', () => {
  const status = (more: Partial<Status> = {}): Status => ({
    link: 'live',
    why: '',
    proved: 1_000,
    now: NOW,
    sources: { 'egen.beds': { complete_at: NOW - 30_000, interval_ms: 60_000 } },
    mode: 'real',
    halted: null,
    signedOut: null,
    signOutFailed: false,
    signIn: false,
    refused: null,
    newVersion: false,
    ...more,
  });
  const late = { 'egen.beds': { complete_at: NOW - 840_000, interval_ms: 60_000 } };
  const none = { complete_at: null, interval_ms: 60_000 };

  it.each([
    [{}, 'ok', '수집 중 · 30초 전'],
    [{ sources: late }, 'no', '수집 중단(병상) · 마지막 14분 전'],
    [{ sources: { 'egen.messages': none } }, 'no', '수집 중단(안내) · 받은 적 없음'],
    [
      { sources: { 'egen.institutions': none, ...late } },
      'no',
      '수집 중단(병상) · 마지막 14분 전 · 수집 중단(목록) · 받은 적 없음',
    ],
    [
      { sources: { 'egen.acceptance': late['egen.beds'], ...late } },
      'no',
      '수집 중단(병상·중증) · 마지막 14분 전',
    ],
    [{ newVersion: true }, 'warn', ko.newVersion],
    [{ newVersion: true, sources: late }, 'no', '수집 중단(병상) · 마지막 14분 전'],
    [{ link: 'delayed', why: 'closed', sources: late }, 'warn', ko.why.closed],
    [{ link: 'offline', sources: late }, 'no', ko.offline],
    [{ link: 'offline', refused: 'forbidden' }, 'no', ko.refused('forbidden')],
    [{ link: 'offline', halted: 'revoked' }, 'no', ko.halted('revoked')],
    [{ link: 'offline', halted: 'no_demo_token', signIn: true }, 'no', ko.signIn.title],
    [{ link: 'delayed', halted: 'signed_out', signedOut: 'signed_out' }, 'no', ko.signedOut.signed_out],
    [{ signedOut: 'revoked' }, 'no', ko.signedOut.revoked],
    [{ signedOut: 'token_invalid' }, 'no', ko.signedOut.other],
    [{ signOutFailed: true }, 'no', ko.signOutFailed],
    [{ link: 'syncing', now: null, sources: {} }, 'quiet', ''],
  ] as [Partial<Status>, string, string][])('%j: %s %s', (more, level, text) => {
    expect(noteOf(ko, status(more))).toMatchObject({ level, text });
  });

  it('says "모의" for simulated beds and nothing is claimed before welcome', () => {
    expect(modeOf(ko, status({ mode: 'simulated' }))).toMatchObject({ level: 'warn', text: ko.simulated });
    expect(modeOf(ko, status({ mode: null })).text).toBe(ko.unknownMode);
    expect(ko.simulated).toContain('모의');
  });

  it('gives every link state a word of its own and a shape (R5)', () => {
    const links = ['connecting', 'syncing', 'live', 'delayed', 'offline'] as const;
    const pills = links.map((link) => pillOf(ko, status({ link })));
    expect(new Set(pills.map((p) => p.word)).size).toBe(5);
    expect(pills.map((p) => p.shape)).toEqual(['ring', 'ring', 'circle', 'triangle', 'cross']);
  });

  it('speaks no seconds', () => {
    const spoken = spokenOf(ko, status({ link: 'delayed', why: 'silent', proved: 8_000 }));
    expect(spoken).toContain(ko.link.delayed);
    expect(spoken).not.toMatch(/\d/);
  });
});

it('what asks for something says it in 31 characters or less (R27)', () => {
  const texts = [...Object.values(ko.why), ko.offline, ko.empty, ko.signIn.rejected, ko.newVersion];
  texts.push(ko.signOutFailed, ...Object.values(ko.signedOut));
  for (const text of [...texts, ko.halted(''), ko.refused('')]) {
    expect(text.length, text).toBeLessThanOrEqual(31);
  }
});

it('both languages say something everywhere, and nothing of the other’s', () => {
  const leaves = (d: object): string[] =>
    Object.entries(d).flatMap(([name, v]) => {
      if (name === 'otherLanguage' || (name === '' && v === '')) return [];
      if (typeof v === 'function') return [String((v as (...a: unknown[]) => string)(1, 2, 3))];
      return typeof v === 'string' ? [v] : leaves(v as object);
    });
  for (const text of leaves(dictionaries.en satisfies Dictionary)) expect(text).toMatch(/^[^가-힣]+$/);
  for (const text of leaves(ko)) expect(text).toMatch(/[가-힣]/);
});
