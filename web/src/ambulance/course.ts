/**
 * How far a patient's case has come, as a function of the state that is held: who
 * was asked and answered what, and what the crew has to be told so loudly that it
 * takes the screen.
 */
import { goes, type Case, type Request } from '../domain/index.ts';
import type { Millis } from '../feed/index.ts';

/** A case with its reservations, the oldest first. */
export interface Course {
  readonly case: Case;
  readonly requests: readonly Request[];
}

export function coursesOf(cases: readonly Case[], requests: readonly Request[]): Course[] {
  return cases.map((c) => ({ case: c, requests: requests.filter((r) => r.case === c.id) }));
}

/** The reservation with a yes; null without one. */
export const winnerOf = (c: Course): Request | null =>
  c.requests.find((r) => r.state === 'approved' || r.state === 'arrived') ?? null;

/** A yes that is none any more: taken back by the hospital, or by the control room. */
const isLost = (r: Request): boolean =>
  r.answeredAt !== null &&
  ((r.state === 'canceled' && ['withdrawn', 'undone', 'control'].includes(r.end)) || r.state === 'expired');

/** What takes the whole screen until somebody confirms that it was seen. */
export interface Takeover {
  readonly kind: 'won' | 'designated' | 'lost';
  readonly course: Course;
  readonly request: Request;
  /** After a lost yes: the hospitals that had been asked beside it, to be asked again. */
  readonly again: readonly string[];
}

const unseen = (r: Request): boolean => r.confirmedAt === null;

function takeoverIn(course: Course): Takeover | null {
  if (course.case.state !== 'open') return null;
  const winner = winnerOf(course);
  if (winner) {
    if (!unseen(winner) || winner.state !== 'approved') return null;
    return { kind: winner.designated ? 'designated' : 'won', course, request: winner, again: [] };
  }
  const request = course.requests.findLast((r) => isLost(r) && unseen(r));
  return request ? { kind: 'lost', course, request, again: againOf(course, request) } : null;
}

/** Those that fell silent for the lost yes and are not asked again yet. */
function againOf(course: Course, lost: Request): string[] {
  const busy = new Set(course.requests.filter(goes).map((r) => r.hospital)).add(lost.hospital);
  const silent = course.requests.filter((r) => r.end === 'superseded' && !busy.has(r.hospital));
  return [...new Set(silent.map((r) => r.hospital))].slice(0, 10);
}

/** The one takeover that matters most: a lost yes before a yes, then the newest case. */
export function takeoverOf(courses: readonly Course[]): Takeover | null {
  const all = courses.flatMap((c) => takeoverIn(c) ?? []).reverse();
  return all.find((t) => t.kind === 'lost') ?? all[0] ?? null;
}

/**
 * The requests that stand as cards: those that wait, and those of the last command
 * while one of it waits. Once nobody is left to answer, the list is for the next.
 */
export function roundOf(c: Course): readonly Request[] {
  const waiting = c.requests.filter((r) => r.state === 'pending');
  if (waiting.length === 0) return [];
  const last = waiting.at(-1)!.askedAt;
  return c.requests.filter((r) => r.state === 'pending' || r.askedAt === last);
}

/** Who said no, or never answered, and why: not to be asked again by the main button. */
export function refusalsOf(c: Course): readonly Request[] {
  const latest = new Map(c.requests.map((r) => [r.hospital, r]));
  return [...latest.values()].filter((r) => r.state === 'rejected' || r.state === 'expired' || isLost(r));
}

/** Nobody has answered in time (무응답): a fact that the server tells, or the clock does. */
export const isSilent = (r: Request, now: Millis): boolean =>
  r.state === 'pending' && (r.noAnswerAt !== null || (r.answerBy !== null && now >= r.answerBy));
