/**
 * What stands above the table: the link pill, the mode, and the one sentence
 * that matters most now. The order of worth is fixed here and nowhere else.
 */
import { ageText, collectionOf, proofAge, type Collection } from './view.ts';
import type { Dictionary } from './i18n.ts';
import type { Link, Millis, Sources, Welcome, Why } from '../feed/index.ts';
import type { Shape } from './dom.ts';

/** How loud a sentence is. */
export type Level = 'ok' | 'warn' | 'no' | 'quiet';

export interface Line {
  readonly level: Level;
  readonly shape: Shape;
  readonly text: string;
}

export interface Status {
  readonly link: Link;
  readonly why: Why;
  /** How long ago the board was proved, in milliseconds; null: never. */
  readonly proved: number | null;
  /** The server's clock; null without a beat. */
  readonly now: Millis | null;
  readonly sources: Sources;
  readonly mode: Welcome['mode'] | null;
  /** The code for which the client stopped, or the server refused the region. */
  readonly halted: string | null;
  /** The code for which a person's session is over. */
  readonly signedOut: string | null;
  /** The server did not answer to a sign-out. */
  readonly signOutFailed: boolean;
  /** A person has to bring a token. */
  readonly signIn: boolean;
  readonly refused: string | null;
  readonly newVersion: boolean;
}

const LINK_SHAPE: Record<Link, Shape> = {
  connecting: 'ring',
  syncing: 'ring',
  live: 'circle',
  delayed: 'triangle',
  offline: 'cross',
};

/** The pill: shape, word, and how long it has been so. */
export function pillOf(d: Dictionary, s: Status): { shape: Shape; word: string; age: string } {
  return { shape: LINK_SHAPE[s.link], word: d.link[s.link], age: proofAge(d, s.link, s.proved) };
}

/** What a screen reader says when the link changes: the state and what it means, no seconds. */
export function spokenOf(d: Dictionary, s: Status): string {
  const meaning = s.link === 'offline' ? d.offline : d.why[s.why];
  return `${d.link[s.link]} ${meaning}`.trim();
}

/** Whether these are real beds. */
export function modeOf(d: Dictionary, s: Status): Line {
  if (s.mode === null) return { level: 'quiet', shape: 'ring', text: d.unknownMode };
  if (s.mode === 'simulated') return { level: 'warn', shape: 'triangle', text: d.simulated };
  return { level: 'quiet', shape: 'circle', text: d.real };
}

/** The sentence that matters most: what stops us, then the link, then the collection. */
export function noteOf(d: Dictionary, s: Status): Line {
  if (s.signedOut !== null) return { level: 'no', shape: 'cross', text: signedOutText(d, s.signedOut) };
  if (s.signOutFailed) return { level: 'no', shape: 'cross', text: d.signOutFailed };
  if (s.signIn) return { level: 'no', shape: 'cross', text: d.signIn.title };
  if (s.halted !== null) return { level: 'no', shape: 'cross', text: d.halted(s.halted) };
  if (s.refused !== null) return { level: 'no', shape: 'cross', text: d.refused(s.refused) };
  if (s.link === 'offline') return { level: 'no', shape: 'cross', text: d.offline };
  if (s.link === 'delayed') return { level: 'warn', shape: 'triangle', text: d.why[s.why] };
  return collectedOf(d, s);
}

/** Why a session is over, and what to do next. */
export function signedOutText(d: Dictionary, code: string): string {
  const known = code === 'signed_out' || code === 'revoked';
  return known ? d.signedOut[code] : d.signedOut.other;
}

function collectedOf(d: Dictionary, s: Status): Line {
  const c = s.now === null ? null : collectionOf(s.sources, s.now);
  if (s.now === null || c === null) return { level: 'quiet', shape: 'ring', text: '' };
  const stopped = stoppedText(d, c, s.now);
  if (stopped) return { level: 'no', shape: 'square', text: stopped };
  if (s.newVersion) return { level: 'warn', shape: 'triangle', text: d.newVersion };
  return { level: 'ok', shape: 'circle', text: d.collecting(ageText(d, s.now - c.completeAt!)) };
}

/** Which sources stopped, since when; of which nothing ever came. */
function stoppedText(d: Dictionary, c: Collection, now: Millis): string {
  const named = (list: readonly string[]) =>
    list.map((n) => (d.sources as Record<string, string>)[n] ?? n).join('·');
  const parts: string[] = [];
  if (c.late.length > 0) parts.push(d.notCollecting(named(c.late), ageText(d, now - c.completeAt!)));
  if (c.never.length > 0) parts.push(d.neverCollected(named(c.never)));
  return parts.join(' · ');
}
