/**
 * What stands above every screen: the link pill, the mode, and the one sentence of
 * the link or the collection that matters most now.
 */
import { ageText, proofAge } from './age.ts';
import { isLate, type Link, type Millis, type Sources, type Welcome, type Why } from '../feed/index.ts';
import type { Shape } from './shape.ts';
import type { Common } from './words.ts';

/** How loud a sentence is. */
export type Level = 'ok' | 'warn' | 'no' | 'quiet';

export interface Line {
  readonly level: Level;
  readonly shape: Shape;
  readonly text: string;
}

/** What is known of the way to the server. */
export interface LinkStatus {
  readonly link: Link;
  readonly why: Why;
  /** How long ago the board was proved, in milliseconds; null: never. */
  readonly proved: number | null;
  /** The server's clock; null without a beat. */
  readonly now: Millis | null;
  readonly sources: Sources;
  readonly mode: Welcome['mode'] | null;
  readonly newVersion: boolean;
  /** When what is shown was saved, for as long as nothing newer has come; else null, or left out. */
  readonly savedAt?: Millis | null;
}

const LINK_SHAPE: Record<Link, Shape> = {
  connecting: 'ring',
  syncing: 'ring',
  live: 'circle',
  delayed: 'triangle',
  offline: 'cross',
};

/** The pill: shape, word, and how long it has been so. */
export function pillOf(d: Common, s: LinkStatus): { shape: Shape; word: string; age: string } {
  return { shape: LINK_SHAPE[s.link], word: d.link[s.link], age: proofAge(d, s.link, s.proved) };
}

/** What a screen reader says when the link changes: the state and what it means, no seconds. */
export function spokenOf(d: Common, s: LinkStatus): string {
  const meaning = s.link === 'offline' ? d.offline : d.why[s.why];
  return `${d.link[s.link]} ${meaning}`.trim();
}

/** Whether these are real beds. */
export function modeOf(d: Common, s: LinkStatus): Line {
  if (s.mode === null) return { level: 'quiet', shape: 'ring', text: d.unknownMode };
  if (s.mode === 'simulated') return { level: 'warn', shape: 'triangle', text: d.simulated };
  return { level: 'quiet', shape: 'circle', text: d.real };
}

/** How old what is shown from the store is; '' when it comes from the server. */
export function savedOf(d: Common, s: LinkStatus): string {
  return s.savedAt == null || s.now === null ? '' : d.saved(ageText(d, s.now - s.savedAt));
}

/** The link when it is not live, else the collection. */
export function linkNoteOf(d: Common, s: LinkStatus): Line {
  const saved = savedOf(d, s);
  if (saved) return { level: 'no', shape: 'cross', text: saved };
  if (s.link === 'offline') return { level: 'no', shape: 'cross', text: d.offline };
  if (s.link === 'delayed') return { level: 'warn', shape: 'triangle', text: d.why[s.why] };
  return collectedOf(d, s);
}

/** Why a session is over, and what to do next. */
export function signedOutText(d: Common, code: string): string {
  const known = code === 'signed_out' || code === 'revoked';
  return known ? d.signedOut[code] : d.signedOut.other;
}

/** The order in which sources are told of: beds first, they are what the page shows. */
const TOLD = ['egen.beds', 'egen.acceptance', 'egen.messages', 'egen.institutions'];

export interface Collection {
  /** Sources that missed two of their intervals; of some nothing ever came. */
  readonly late: readonly string[];
  readonly never: readonly string[];
  /** The oldest last poll of the late ones, else that of the source told of first. */
  readonly completeAt: Millis | null;
}

/** How the collection is going; null when nothing is collected. */
export function collectionOf(sources: Sources, now: Millis): Collection | null {
  const rank = (name: string) => (TOLD.includes(name) ? TOLD.indexOf(name) : TOLD.length);
  const names = Object.keys(sources).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  if (names.length === 0) return null;
  const at = (name: string) => sources[name]!.complete_at;
  const never = names.filter((n) => at(n) === null);
  const late = names.filter((n) => at(n) !== null && isLate(sources[n]!, now));
  const oldest = late.length > 0 ? Math.min(...late.map((n) => at(n)!)) : at(names[0]!);
  return { late, never, completeAt: oldest };
}

function collectedOf(d: Common, s: LinkStatus): Line {
  const c = s.now === null ? null : collectionOf(s.sources, s.now);
  if (s.now === null || c === null) return { level: 'quiet', shape: 'ring', text: '' };
  const stopped = stoppedText(d, c, s.now);
  if (stopped) return { level: 'no', shape: 'square', text: stopped };
  if (s.newVersion) return { level: 'warn', shape: 'triangle', text: d.newVersion };
  return { level: 'ok', shape: 'circle', text: d.collecting(ageText(d, s.now - c.completeAt!)) };
}

/** Which sources stopped, since when; of which nothing ever came. */
function stoppedText(d: Common, c: Collection, now: Millis): string {
  const named = (list: readonly string[]) =>
    list.map((n) => (d.sources as Record<string, string>)[n] ?? n).join('·');
  const parts: string[] = [];
  if (c.late.length > 0) parts.push(d.notCollecting(named(c.late), ageText(d, now - c.completeAt!)));
  if (c.never.length > 0) parts.push(d.neverCollected(named(c.never)));
  return parts.join(' · ');
}
