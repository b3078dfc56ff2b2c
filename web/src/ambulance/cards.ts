/**
 * What stands on a hospital's card: at most seven facts in the order in which they
 * are read: can they take it, how long is the way, is there a bed, how old is that
 * (R8, R9). Pure functions of the rank and the clock.
 */
import {
  announced,
  DEFAULT_WEIGHTS,
  fields,
  levelOf,
  readingOf,
  shortName,
  text,
  type Bag,
  type Fact,
  type Parts,
  type Ranked,
  type Request,
} from '../domain/index.ts';
import type { Freshness, Millis } from '../feed/index.ts';
import type { Shape } from '../kit/shape.ts';

/** How a state is drawn: shape and colour; the word stands beside it (R5). */
export type Tone = 'ok' | 'warn' | 'no' | 'quiet';

/** The number of beds, or why there is none. */
export interface Beds {
  readonly kind: 'free' | 'full' | 'over' | 'unknown';
  readonly number: string;
  readonly total: string;
}

export interface Card {
  readonly id: string;
  readonly name: string;
  readonly tel: string;
  readonly fit: Ranked['fit'];
  /** What it says of this patient; null where nothing is asked of it in particular. */
  readonly answer: Fact | null;
  /** Of the emergency centre. */
  readonly level: Fact;
  /** Whether anybody there hears a request. */
  readonly console: Fact;
  /** Of driving, rounded; null when nobody knows. */
  readonly minutes: number | null;
  readonly beds: Beds;
  readonly bedsFact: Fact;
  readonly observedAt: Millis | null;
  readonly freshness: Freshness | 'none';
  /** How many announcements are in force. */
  readonly notices: number;
  /** A person of the hospital corrected the number (병원 확인). */
  readonly corrected: boolean;
}

const factOf = (r: Ranked, part: Fact['part']): Fact | null => r.facts.find((f) => f.part === part) ?? null;

const dialled = (tel: string): string => /\d[\d-]{5,}\d/.exec(tel)?.[0] ?? '';

/** A door that is closed speaks before the disease; one that only announces something is counted among the notices. */
function answerOf(r: Ranked): Fact | null {
  const door = factOf(r, 'door');
  return door?.fit === 'no' ? door : (factOf(r, 'acceptance') ?? door);
}

function bedsOf(r: Ranked, total: unknown): Beds {
  if (r.net.state !== 'known')
    return { kind: 'unknown', number: r.net.state === 'not_offered' ? '–' : '?', total: '' };
  const { free } = r.net;
  if (free < 0) return { kind: 'over', number: `+${-free}`, total: '' };
  const of = Number.isInteger(total) ? `/${total as number}` : '';
  return { kind: free === 0 ? 'full' : 'free', number: String(free), total: of };
}

/** The announcements in force, the emergency room's first. */
export function noticesOf(parts: Parts, now: Millis): Bag[] {
  const weight = (v: Bag) => (v['kind'] === 'severe' ? 1 : 0);
  return announced(parts, now)
    .map(([, v]) => v)
    .sort((a, b) => weight(a) - weight(b));
}

export function cardOf(r: Ranked, parts: Parts, now: Millis): Card {
  const { name, tel } = fields(parts.get('hospital'));
  const minutes = factOf(r, 'minutes')!;
  const age = factOf(r, 'age');
  return {
    id: r.id,
    name: shortName(text(name) || r.id),
    tel: dialled(text(tel)),
    fit: r.fit,
    answer: answerOf(r),
    level: levelOf(parts, DEFAULT_WEIGHTS),
    console: factOf(r, 'console')!,
    minutes: minutes.code === 'minutes' ? minutes.count : null,
    beds: bedsOf(r, fields(readingOf(parts, r.item))['total']),
    bedsFact: factOf(r, 'beds')!,
    observedAt: r.observedAt,
    freshness: (age?.code as Freshness | undefined) ?? 'none',
    notices: noticesOf(parts, now).length,
    corrected: fields(parts.get('corrected'))[r.item] !== undefined,
  };
}

const TONES: Readonly<Record<Fact['fit'], Tone>> = { yes: 'ok', unknown: 'warn', no: 'no' };
const SHAPES: Readonly<Record<Tone, Shape>> = { ok: 'circle', warn: 'triangle', no: 'square', quiet: 'ring' };

/** What nobody said is no caution: it is a ring, as in every "모름". */
const UNSAID = [
  'not_declared',
  'beds_not_reported',
  'beds_unknown',
  'beds_undated',
  'beds_withdrawn',
  'level_unknown',
];

export function toneOf(f: Fact): Tone {
  return UNSAID.includes(f.code) ? 'quiet' : TONES[f.fit];
}

export const shapeOf = (tone: Tone): Shape => SHAPES[tone];

/** How a request stands on its card. */
export function toneOfRequest(r: Request, silent: boolean): { tone: Tone; shape: Shape } {
  if (r.state === 'approved' || r.state === 'arrived') return { tone: 'ok', shape: 'circle' };
  if (r.state === 'pending')
    return silent ? { tone: 'no', shape: 'square' } : { tone: 'warn', shape: 'ring' };
  return r.state === 'rejected' ? { tone: 'no', shape: 'cross' } : { tone: 'quiet', shape: 'cross' };
}
