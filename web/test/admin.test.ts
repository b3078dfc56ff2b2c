/** What the administrators' screen shows of its feed. */
import { describe, expect, it } from 'vitest';
import { decidedLine, noteOf, rowsOf, statusOf, waitingOf, type Waiting } from '../src/admin/view.ts';
import { words } from '../src/admin/words.ts';
import type { Entry } from '../src/feed/index.ts';
import type { LinkStatus } from '../src/kit/status.ts';

const w = words.ko;
const at = (s: number): string => new Date(Date.UTC(2026, 0, 1) + s * 1000).toISOString();
const now = Date.UTC(2026, 0, 1, 0, 10);

const entry = (key: string, value: unknown): Entry => ({ key, seq: 1, value });
const signUp = (id: string, s: number, more = {}): Entry =>
  entry(`signup/${id}`, { login: id, name: id, organisation: 'x', role: 'crew', at: at(s), ...more });

describe('sign-ups that wait', () => {
  it('are those of the feed, whoever waits longest first', () => {
    const board = [
      entry('run/egen.beds', { complete: true }),
      signUp('b', 5, { regions: ['11'] }),
      signUp('c', 1, { role: 'hospital', hospital: 'A1100017' }),
      signUp('a', 5),
    ];
    const waiting = waitingOf(board);
    expect(waiting.map((v) => v.id)).toEqual(['c', 'a', 'b']);
    expect(waiting[0]).toEqual({
      id: 'c',
      login: 'c',
      name: 'c',
      organisation: 'x',
      role: 'hospital',
      hospital: 'A1100017',
      regions: [],
      at: Date.parse(at(1)),
    });
    expect(waiting[2]!.regions).toEqual(['11']);
  });

  it('are shown whatever their value lacks', () => {
    expect(waitingOf([entry('signup/a', {}), entry('signup/b', null), entry('signup/c', 'x')])).toEqual([
      { id: 'a', login: '', name: '', organisation: '', role: '', hospital: '', regions: [], at: null },
    ]);
  });

  it('keep their place for a while when they wait no more', () => {
    const [a, b, c] = waitingOf([signUp('a', 1), signUp('b', 2), signUp('c', 3)]) as [
      Waiting,
      Waiting,
      Waiting,
    ];
    const line = decidedLine(w, b.name);
    const ids = (rows: ReturnType<typeof rowsOf>) => rows.map((r) => [r.waiting.id, r.line === line]);
    const kept = [
      ['a', false],
      ['b', true],
      ['c', false],
    ];
    expect(ids(rowsOf([a, c], [{ waiting: b, line }]))).toEqual(kept);
    expect(ids(rowsOf([a, b, c], [{ waiting: b, line }]))).toEqual(kept); // decided here, the feed is on its way
    expect(ids(rowsOf([a, c], []))).toEqual([kept[0], kept[2]]);
  });

  it('that another administrator decided about say so, and how if it is known', () => {
    expect(decidedLine(w, '김').text).toBe('다른 관리자가 정함: 김');
    expect(decidedLine(w, '김', 'rejected').text).toContain(w.states.rejected);
    expect(decidedLine(w, '김').shape).toBe('triangle');
  });
});

describe('the status', () => {
  const sources = (complete: string | null) => ({
    'egen.beds': { complete_at: complete === null ? null : Date.parse(complete), interval_ms: 5_000 },
  });
  const run = (more = {}) => entry('run/egen.beds', { complete: true, rows: 1, ...more });
  const fresh = sources(at(595));
  const only = (...args: Parameters<typeof statusOf>) => statusOf(...args)[0]!;

  it('is well only while complete polls come', () => {
    expect(only(w, [run()], fresh, now)).toMatchObject({ level: 'ok', shape: 'circle' });
    // The last run was fine, and nobody has polled since: the run does not know that.
    const dead = only(w, [run()], sources(at(300)), now);
    expect(dead).toMatchObject({ level: 'no', shape: 'square', text: '병상 수집 중단 · 마지막 5분 전' });
    expect(only(w, [], sources(null), now)).toMatchObject({ level: 'no', text: w.sourceNever('병상') });
  });

  it('says what failed in the last run', () => {
    const failed = only(w, [run({ complete: false, error: 'HTTP 500' })], fresh, now);
    expect(failed).toMatchObject({ level: 'warn', shape: 'triangle', text: '병상 수집 실패 · HTTP 500' });
    expect(only(w, [run({ complete: false })], fresh, now).text).toContain(w.incomplete);
  });

  it('knows nothing without a beat', () => {
    expect(only(w, [run()], fresh, null)).toMatchObject({ level: 'quiet', shape: 'ring' });
    expect(only(w, [run()], {}, now)).toMatchObject({ level: 'quiet', text: w.sourceUnknown('병상') });
  });

  it('has the most urgent first: alerts with their age, what has stopped, then what goes on', () => {
    const board = [
      run(),
      entry('run/egen.messages', { complete: false, error: 'x' }),
      entry('alert/late', { severity: 'warning', text: '늦음', source: 'egen.beds', since: at(0) }),
      entry('alert/key', { severity: 'critical', text: '열쇠', since: at(540) }),
    ];
    const all = { ...fresh, 'egen.messages': { complete_at: now, interval_ms: 5_000 } };
    const lines = statusOf(w, board, all, now);
    expect(lines.map((l) => l.key)).toEqual([
      'alert/key',
      'alert/late',
      'run/egen.messages',
      'run/egen.beds',
    ]);
    expect(lines[0]).toMatchObject({ level: 'no', shape: 'square', text: '열쇠 · 1분 전부터' });
    expect(lines[1]).toMatchObject({ level: 'warn', shape: 'triangle', text: '병상 · 늦음 · 10분 전부터' });
  });
});

describe('the sentence above all', () => {
  const status: LinkStatus = {
    link: 'live',
    why: '',
    proved: 0,
    now,
    sources: { 'egen.beds': { complete_at: now, interval_ms: 5_000 } },
    mode: 'real',
    newVersion: false,
  };
  const fine = { signedOut: null, halted: null, refused: false };

  it('is what stops the page, else the link', () => {
    expect(noteOf(w, fine, status)).toMatchObject({ level: 'ok' });
    expect(noteOf(w, { ...fine, signedOut: 'revoked' }, status)).toMatchObject({
      level: 'no',
      shape: 'cross',
      text: w.signedOut.revoked,
    });
    expect(noteOf(w, { ...fine, refused: true }, status).text).toBe(w.failed.forbidden);
    expect(noteOf(w, { ...fine, halted: 'internal' }, status).text).toBe(w.halted('internal'));
    expect(noteOf(w, fine, { ...status, link: 'offline' }).shape).toBe('cross');
  });
});

describe('words', () => {
  it('that ask for something are 31 characters or less (R27)', () => {
    for (const text of [w.loginTaken, w.noReason, w.noAccounts, w.nobody, ...Object.values(w.failed)]) {
      expect(text.length, text).toBeLessThanOrEqual(31);
    }
  });

  it('name each state and each role in both languages', () => {
    for (const d of [words.ko, words.en]) {
      expect(new Set(Object.values(d.states)).size).toBe(4);
      for (const role of ['crew', 'hospital', 'control', 'admin', 'viewer'])
        expect(d.roles[role]).toBeTruthy();
    }
  });
});
