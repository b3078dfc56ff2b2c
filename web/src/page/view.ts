/**
 * What the page shows, as data: pure functions of the board and the clock.
 * Values come from the network and are trusted in nothing: what has not the
 * form of a reading is unknown, and what is unknown is never a number.
 */
import { freshnessOf, isLate, parseTime } from '../feed/index.ts';
import type { Entry, Freshness, Link, Millis, Sources, Timings } from '../feed/index.ts';
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

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly tel: string;
  readonly cells: readonly Cell[];
  readonly freshness: Freshness;
  readonly observedAt: Millis | null;
  /** The time is too far in the future to be one. */
  readonly future: boolean;
}

const UNKNOWN: Cell = { kind: 'unknown', number: '?', total: '' };
const NOT_REPORTED: Cell = { kind: 'not_reported', number: '?', total: '' };
const NOT_OFFERED: Cell = { kind: 'not_offered', number: '–', total: '' };
const WITHDRAWN: Cell = { kind: 'withdrawn', number: '–', total: '' };

const fields = (v: unknown): Record<string, unknown> =>
  typeof v === 'object' && v !== null ? (v as Record<string, unknown>) : {};

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

type Parts = Map<string, unknown>; // by the key's end: hospital, egen, er, icu …

function byHospital(board: readonly Entry[]): Map<string, Parts> {
  const out = new Map<string, Parts>();
  for (const { key, value } of board) {
    const [id = '', part = ''] = key.split('/', 2);
    let parts = out.get(id);
    if (!parts) out.set(id, (parts = new Map()));
    parts.set(part, value);
  }
  return out;
}

function rowOf(id: string, parts: Parts, timings: Timings, now: Millis): Row {
  const { name, tel } = fields(parts.get('hospital'));
  const observedAt = parseTime(fields(parts.get('egen'))['observed_at']);
  const freshness = freshnessOf(timings, observedAt, now);
  const reading = (item: string) => fields(parts.get(item.split('.', 1)[0]!))[item];
  return {
    id,
    name: typeof name === 'string' ? name : id,
    tel: typeof tel === 'string' ? tel : '',
    cells: ITEMS.map((item) => cellOf(reading(item), freshness)),
    freshness,
    observedAt,
    future: observedAt !== null && observedAt - now > timings.future_skew_ms,
  };
}

const collator = new Intl.Collator('ko');

/** All hospitals of a board by name: a row never moves while somebody reads it. */
export function rowsOf(board: readonly Entry[], timings: Timings, now: Millis): Row[] {
  return [...byHospital(board)]
    .filter(([, parts]) => parts.has('hospital'))
    .map(([id, parts]) => rowOf(id, parts, timings, now))
    .sort((a, b) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
}

/** The free general beds of the emergency rooms, and how many hospitals said so lately. */
export function sumOf(rows: readonly Row[]): { free: number; reported: number; hospitals: number } {
  const lately = rows.filter((r) => r.freshness === 'fresh' || r.freshness === 'ageing');
  const counts = lately.map((r) => r.cells[0]!).filter((c) => ['free', 'full', 'over'].includes(c.kind));
  const free = counts.filter((c) => c.kind === 'free').reduce((sum, c) => sum + Number(c.number), 0);
  return { free, reported: counts.length, hospitals: rows.length };
}

/**
 * The age of something in words that change at most every 10 s: no ticking
 * digits (R16). Rounded down, as a clock is read.
 */
export function ageText(d: Dictionary, ms: number): string {
  const s = Math.floor(ms / 10_000) * 10;
  if (s < 10) return d.justNow;
  if (s < 60) return d.secondsAgo(s);
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return d.minutesAgo(minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? d.hoursAgo(hours) : d.daysAgo(Math.floor(hours / 24));
}

/** What stands under "observed". */
export function observedText(d: Dictionary, row: Row, now: Millis): string {
  if (row.observedAt === null) return d.noTime;
  return row.future ? d.futureTime : ageText(d, now - row.observedAt);
}

/** The worst of the sources: the late one with the oldest poll, else the newest poll. */
export function sourceOf(sources: Sources, now: Millis): { late: boolean; completeAt: Millis | null } | null {
  const all = Object.values(sources);
  if (all.length === 0) return null;
  const late = all.filter((s) => isLate(s, now));
  const times = (late.length > 0 ? late : all).map((s) => s.complete_at);
  return {
    late: late.length > 0,
    completeAt: times.includes(null) ? null : Math.min(...(times as number[])),
  };
}

/** How long the board is unproved, on the pill: nothing while live, seconds, then m:ss. */
export function proofAge(d: Dictionary, link: Link, ms: number | null): string {
  if (ms === null || (link !== 'delayed' && link !== 'offline')) return '';
  const s = Math.floor(ms / 1000);
  return s < 60 ? d.seconds(s) : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}
