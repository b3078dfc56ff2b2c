/**
 * What the region's board says of this hospital: its beds, its equipment, what it
 * takes and what it announces, each with what the source says beside a person's word.
 */
import { diseases } from 'virtual:diseases';
import { items } from 'virtual:items';
import { regions } from 'virtual:regions';
import {
  announced,
  byHospital,
  fields,
  netOf,
  reportOf,
  text,
  type Bag,
  type Parts,
} from '../domain/index.ts';
import { freshnessOf, parseTime } from '../feed/index.ts';
import type { Entry, Millis, Timings } from '../feed/index.ts';

/** What stands big on the console. */
export const BIG: readonly string[] = ['er.general', 'icu.general', 'or.general'];
/** R12 and the console's own rule: older than this, the numbers come forward and are asked about. */
export const ASK_MS = 15 * 60_000;

/** The region's feed in which a hospital stands, by its hpid (as model/region.go has it). */
export function regionOf(hospital: string): string {
  return regions.find((r) => r.prefixes.includes(hospital.slice(1, 3)))?.code ?? '';
}

/** A reading, as far as it is a number. */
export interface Count {
  readonly state: 'known' | 'not_offered' | 'unknown';
  readonly value: number;
  readonly total: number | null;
}

export interface Counted extends Count {
  readonly code: string;
  readonly yesNo: boolean;
  readonly group: string;
  /** What the source says, while a person's word (병원 확인) stands over it; null: none stands. */
  readonly source: Count | null;
  /** When the number was said. */
  readonly at: Millis | null;
  /** Beds kept for patients on the way, and what is left then; null: no number. */
  readonly held: number;
  readonly free: number | null;
}

/** Whether a disease is taken. */
export interface Taken {
  readonly code: string;
  readonly state: 'accepts' | 'refuses' | 'not_reported';
  readonly note: string;
  readonly corrected: boolean;
}

export interface Told {
  readonly id: string;
  readonly reason: string;
  readonly disease: string;
  readonly text: string;
  readonly endsAt: Millis | null;
  /** It was made at a console, and can be lifted at one. */
  readonly ours: boolean;
}

export interface Own {
  readonly name: string;
  readonly counts: ReadonlyMap<string, Counted>;
  readonly diseases: readonly Taken[];
  readonly told: readonly Told[];
  /** When anybody last said how many beds there are; null: never, or at no time. */
  readonly saidAt: Millis | null;
  /** Old enough to be asked about. */
  readonly stale: boolean;
}

function countOf(reading: unknown): Count {
  const { state, value, total } = fields(reading);
  const known = state === 'known' && Number.isInteger(value);
  return {
    state: known ? 'known' : state === 'not_offered' ? 'not_offered' : 'unknown',
    value: known ? (value as number) : 0,
    total: Number.isInteger(total) ? (total as number) : null,
  };
}

/** A person's word about something, while it stands. */
function wordOf(parts: Parts, key: string, code: string, now: Millis): Bag | null {
  const word = fields(parts.get(key))[code];
  const ends = parseTime(fields(word)['ends_at']);
  return ends !== null && ends > now ? fields(word) : null;
}

function countedOf(parts: Parts, item: (typeof items)[number], now: Millis, t: Timings): Counted {
  const { code, group, yesNo } = item;
  const word = wordOf(parts, 'corrected', code, now);
  const ended = word === null ? fields(parts.get('corrected'))[code] : undefined;
  const reading = ended === undefined ? fields(parts.get(group))[code] : fields(ended)['source'];
  const at = word ? parseTime(word['at']) : (reportOf(parts)?.observedAt ?? null);
  const load = fields(parts.get('load'))[code];
  const net = netOf(reading, at, load, now, t);
  const held = fields(load)['held'];
  return {
    ...countOf(reading),
    code,
    yesNo,
    group,
    source: word ? countOf(word['source']) : null,
    at,
    held: Number.isInteger(held) ? (held as number) : 0,
    free: net.state === 'known' ? net.free : null,
  };
}

function takenOf(parts: Parts, code: string, now: Millis): Taken {
  const { state, note } = fields(fields(parts.get('acceptance'))[code]);
  return {
    code,
    state: state === 'accepts' || state === 'refuses' ? state : 'not_reported',
    note: text(note),
    corrected: wordOf(parts, 'acceptance_corrected', code, now) !== null,
  };
}

function toldOf(parts: Parts, now: Millis): Told[] {
  const told = announced(parts, now).map(([id, v]) => {
    return {
      id,
      reason: text(v['reason']),
      disease: text(v['disease']),
      text: text(v['text']),
      endsAt: parseTime(v['ends_at']),
      ours: v['source'] === 'console',
    };
  });
  return told.sort((a, b) => Number(b.ours) - Number(a.ours) || (a.id < b.id ? 1 : -1));
}

export function ownOf(board: readonly Entry[], hospital: string, now: Millis, t: Timings): Own {
  const mine = board.filter((e) => e.key.startsWith(`${hospital}/`));
  const parts = byHospital(mine).get(hospital) ?? new Map<string, unknown>();
  const counts = new Map(items.map((i) => [i.code, countedOf(parts, i, now, t)]));
  const times = BIG.map((code) => counts.get(code)!.at).filter((at) => at !== null);
  const saidAt = times.length > 0 ? Math.max(...times) : null;
  const late = freshnessOf(t, saidAt, now);
  return {
    name: text(fields(parts.get('hospital'))['name']),
    counts,
    diseases: diseases.map((d) => takenOf(parts, d.code, now)),
    told: toldOf(parts, now),
    saidAt,
    stale:
      parts.size > 0 &&
      (saidAt === null || now - saidAt > ASK_MS || late === 'stale' || late === 'withdrawn'),
  };
}
