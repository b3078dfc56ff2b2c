/**
 * What the page shows, as data: pure functions of the board and the clock.
 * Values come from the network and are trusted in nothing: what has not the
 * form of a reading is unknown, and what is unknown is never a number.
 */
import { byHospital, fields, reportOf, type Parts } from '../domain/index.ts';
import { freshnessOf, parseTime } from '../feed/index.ts';
import type { Entry, Freshness, Millis, Timings } from '../feed/index.ts';
import { ageText } from '../kit/age.ts';
import { messagesOf, type Message } from './announcement.ts';
import type { Dictionary } from './i18n.ts';

/** The items that have a column. */
export const ITEMS = ['er.general', 'er.pediatric', 'icu.general'] as const;

/**
 * What a number of beds means: some free, none free, more patients than beds;
 * or why there is no number: the source said something unusable, or nothing, or
 * that the hospital has none, or said it too long ago.
 */
export type CellKind = 'free' | 'full' | 'over' | 'unknown' | 'not_reported' | 'not_offered' | 'withdrawn';

export interface Cell {
  readonly kind: CellKind;
  /** What stands where the number does: "6", "0", "+3", "?" or "–". */
  readonly number: string;
  /** "/40", or "" when the total is not known or says nothing. */
  readonly total: string;
}

/** A cell in its place. */
export interface Shown extends Cell {
  /** That of the observation, or of the person who corrected it. */
  readonly freshness: Freshness;
  /** What the source says, while a correction (병원 확인) stands over it. */
  readonly source: Cell | null;
}

/** How much a row may be trusted: the age of its bed report, or that there is none at all. */
export type RowState = Freshness | 'not_reported';

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly tel: string;
  readonly cells: readonly Shown[];
  readonly state: RowState;
  readonly observedAt: Millis | null;
  /** The time is too far in the future to be one. */
  readonly future: boolean;
  readonly messages: readonly Message[];
}

const UNKNOWN: Cell = { kind: 'unknown', number: '?', total: '' };
const NOT_REPORTED: Cell = { kind: 'not_reported', number: '?', total: '' };
const SILENT: Cell = { kind: 'not_reported', number: '', total: '' }; // the hospital as a whole
const NOT_OFFERED: Cell = { kind: 'not_offered', number: '–', total: '' };
const WITHDRAWN: Cell = { kind: 'withdrawn', number: '–', total: '' };

/** Turns a reading into what may be shown of it. */
export function cellOf(reading: unknown, freshness: Freshness): Cell {
  if (reading === undefined) return NOT_REPORTED;
  const { state, value, total } = fields(reading);
  if (state === 'not_reported') return NOT_REPORTED;
  if (state === 'not_offered') return NOT_OFFERED;
  if (state !== 'known' || !Number.isInteger(value)) return UNKNOWN;
  if (freshness === 'withdrawn') return WITHDRAWN;
  const n = value as number;
  if (n < 0) return { kind: 'over', number: `+${-n}`, total: '' };
  const of = Number.isInteger(total) ? `/${total as number}` : '';
  return { kind: n === 0 ? 'full' : 'free', number: String(n), total: of };
}

/**
 * What is shown of an item. A correction has the time of the person who made it;
 * when its end has come the source's number counts again, even if the server has
 * not said so yet.
 */
function shownOf(parts: Parts, item: string, state: RowState, timings: Timings, now: Millis): Shown {
  const freshness = state === 'not_reported' ? 'stale' : state;
  const cell = (reading: unknown) => (state === 'not_reported' ? SILENT : cellOf(reading, freshness));
  const correction = fields(parts.get('corrected'))[item];
  const reading = fields(parts.get(item.split('.', 1)[0]!))[item];
  if (correction === undefined) return { ...cell(reading), freshness, source: null };
  const { value, source, at, ends_at } = fields(correction);
  const ends = parseTime(ends_at);
  if (ends === null || ends <= now) return { ...cell(source), freshness, source: null };
  const said = freshnessOf(timings, parseTime(at), now);
  return { ...cellOf(value, said), freshness: said, source: cell(source) };
}

function rowOf(id: string, parts: Parts, timings: Timings, now: Millis): Row {
  const { name, tel } = fields(parts.get('hospital'));
  const report = reportOf(parts);
  const observedAt = report?.observedAt ?? null;
  const state = report ? freshnessOf(timings, observedAt, now) : 'not_reported';
  const said = [...parts].filter(([part]) => part.startsWith('msg/'));
  return {
    id,
    name: typeof name === 'string' ? name : id,
    tel: typeof tel === 'string' ? tel : '',
    cells: ITEMS.map((item) => shownOf(parts, item, state, timings, now)),
    state,
    observedAt,
    future: observedAt !== null && observedAt - now > timings.future_skew_ms,
    messages: messagesOf(said, now),
  };
}

const collator = new Intl.Collator('ko');

/** Those that report by name, then those that do not: a row never moves because a number did. */
function byName(a: Row, b: Row): number {
  const silent = Number(a.state === 'not_reported') - Number(b.state === 'not_reported');
  return silent || collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
}

/** All hospitals of a board. */
export function rowsOf(board: readonly Entry[], timings: Timings, now: Millis): Row[] {
  return [...byHospital(board)]
    .filter(([, parts]) => parts.has('hospital'))
    .map(([id, parts]) => rowOf(id, parts, timings, now))
    .sort(byName);
}

/** The free general beds of the emergency rooms, and how many hospitals said so lately. */
export function sumOf(rows: readonly Row[]): { free: number; reported: number; hospitals: number } {
  const lately = rows.map((r) => r.cells[0]!).filter((c) => ['fresh', 'ageing'].includes(c.freshness));
  const counts = lately.filter((c) => ['free', 'full', 'over'].includes(c.kind));
  const free = counts.filter((c) => c.kind === 'free').reduce((sum, c) => sum + Number(c.number), 0);
  return { free, reported: counts.length, hospitals: rows.length };
}

/** What stands under "observed". */
export function observedText(d: Dictionary, row: Row, now: Millis): string {
  if (row.state === 'not_reported') return '';
  if (row.observedAt === null) return d.noTime;
  return row.future ? d.futureTime : ageText(d, now - row.observedAt);
}

/** What the source says beside a correction, in a word or a number. */
export function sourceText(d: Dictionary, cell: Cell): string {
  if (cell.kind === 'over') return `${d.cell.over} ${cell.number}`;
  return cell.kind === 'free' || cell.kind === 'full' ? cell.number : d.cell[cell.kind];
}
