/**
 * What lies on the desk of an emergency room: who waits for an answer, who comes,
 * what has just ended. A pure function of the hospital's board and the clock.
 */
import type { Incoming } from '../domain/index.ts';
import type { Millis } from '../feed/index.ts';

/** R7: more cards than these are a number. */
export const CARDS = 3;
/** A request that is no question any more is told of for so long (R33). */
export const GONE_MS = 5_000;
/** A patient who was expected and comes no more is told of for longer: a bed was kept. */
export const LOST_MS = 60_000;
/** A yes is taken back without a reason for so long; the server decides, this is when the button goes. */
export const UNDO_MS = 10_000;

/** A request that ended without the desk. */
export interface Gone {
  readonly request: Incoming;
  readonly why: 'superseded' | 'crew' | 'control' | 'case_closed' | 'expired';
  /** It had a yes: somebody was expected. */
  readonly expected: boolean;
}

export interface Desk {
  /** All that wait for an answer, the first to be answered first. */
  readonly waiting: readonly Incoming[];
  /** Of them those with a card. */
  readonly cards: readonly Incoming[];
  /** How many have none (그 외 n건). */
  readonly more: number;
  /** On the way, who comes first first. */
  readonly coming: readonly Incoming[];
  /** Here, and not handed over. */
  readonly arrived: readonly Incoming[];
  /** On the way, got worse or was assigned by the control room, and nobody has said that it was seen. */
  readonly unseen: readonly Incoming[];
  /** On the way, and over the time. */
  readonly overdue: readonly Incoming[];
  readonly gone: readonly Gone[];
  /** The yes that can still be taken back without a reason; null: none. */
  readonly undo: Incoming | null;
}

/**
 * The place of a KTAS in the queue. One who was not assessed may be anybody: after
 * those of whom it is known that they are in danger of their lives, before those of
 * whom it is known that they are not.
 */
export const urgencyOf = (r: Incoming): number => r.triage.ktas ?? 2.5;

const byUrgency = (a: Incoming, b: Incoming): number =>
  urgencyOf(a) - urgencyOf(b) || (a.askedAt ?? 0) - (b.askedAt ?? 0) || (a.id < b.id ? -1 : 1);

const dueAt = (r: Incoming): number => r.arriveAt ?? r.arriveBy ?? Infinity;

const byArrival = (a: Incoming, b: Incoming): number => {
  const [x, y] = [dueAt(a), dueAt(b)];
  return (x === y ? 0 : x - y) || (a.id < b.id ? -1 : 1);
};

export const isWorse = (r: Incoming): boolean => r.worseVersion > r.ackedVersion;

/** Somebody else said yes in this hospital's name, and nobody here has said that it was seen. */
export const isUnseen = (r: Incoming): boolean => r.designated && r.ackedVersion === 0;

/** Told by the server, or by the clock before it says so. */
export const isOverdue = (r: Incoming, now: Millis): boolean =>
  r.overdueAt !== null || (r.arriveBy !== null && r.arriveBy <= now);

const ENDS: readonly string[] = ['superseded', 'crew', 'control', 'case_closed'];

function goneOf(r: Incoming, now: Millis): Gone[] {
  if (r.endedAt === null) return [];
  const why = r.state === 'expired' ? 'expired' : r.state === 'canceled' && ENDS.includes(r.end) ? r.end : '';
  const expected = r.answeredAt !== null;
  const over = r.endedAt + (expected ? LOST_MS : GONE_MS) <= now;
  return why === '' || over ? [] : [{ request: r, why: why as Gone['why'], expected }];
}

const undoable = (r: Incoming, now: Millis): boolean =>
  !r.designated && r.answeredAt !== null && now - r.answeredAt < UNDO_MS;

export function deskOf(requests: readonly Incoming[], now: Millis): Desk {
  const of = (state: string) => requests.filter((r) => r.state === state);
  const waiting = of('pending').sort(byUrgency);
  const coming = of('approved').sort(byArrival);
  const answers = coming.filter((r) => undoable(r, now));
  answers.sort((a, b) => b.answeredAt! - a.answeredAt!);
  return {
    waiting,
    cards: waiting.slice(0, CARDS),
    more: Math.max(0, waiting.length - CARDS),
    coming,
    arrived: of('arrived').filter((r) => r.handedOverAt === null),
    unseen: coming.filter((r) => isWorse(r) || isUnseen(r)),
    overdue: coming.filter((r) => isOverdue(r, now)),
    gone: requests.flatMap((r) => goneOf(r, now)),
    undo: answers[0] ?? null,
  };
}

/** Whole minutes until a patient is there, rounded up as one hurries; negative: so many late; null: not said. */
export function minutesUntil(r: Incoming, now: Millis): number | null {
  const at = r.arriveAt ?? r.arriveBy;
  return at === null ? null : Math.ceil((at - now) / 60_000);
}

/** Parts of the triage that differ, of a card that somebody is looking at. */
export function changedParts(before: Incoming, after: Incoming): string[] {
  const parts = ['ktas', 'category', 'kind', 'age_band', 'sex'] as const;
  return parts.filter((p) => before.triage[p] !== after.triage[p]);
}

/** How long somebody waits, in steps: no digit ticks (R16). */
export function waitedOf(r: Incoming, now: Millis): { unit: 'now' | 'seconds' | 'minutes'; n: number } {
  const s = r.askedAt === null ? 0 : Math.floor((now - r.askedAt) / 10_000) * 10;
  if (s < 10) return { unit: 'now', n: 0 };
  return s < 60 ? { unit: 'seconds', n: s } : { unit: 'minutes', n: Math.floor(s / 60) };
}
