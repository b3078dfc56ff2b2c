/** What this screen shows of the `admin` feed, as pure functions of its keys. */
import { ageText } from '../kit/age.ts';
import { text, under, type Bag } from '../domain/index.ts';
import { linkNoteOf, signedOutText, type Line, type LinkStatus } from '../kit/status.ts';
import { isLate, parseTime, type Entry, type Millis, type Sources } from '../feed/index.ts';
import type { AccountState } from '../rest/index.ts';
import type { Shape } from '../kit/shape.ts';
import type { Words } from './words.ts';

/** A sign-up that waits. The feed says no more of it; the rest is asked for. */
export interface Waiting {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly organisation: string;
  readonly role: string;
  readonly hospital: string;
  readonly regions: readonly string[];
  readonly at: Millis | null;
}

/** Those who wait, whoever waits longest first. */
export function waitingOf(board: readonly Entry[]): Waiting[] {
  return under(board, 'signup/')
    .map(([id, v]) => ({
      id,
      login: text(v['login']),
      name: text(v['name']),
      organisation: text(v['organisation']),
      role: text(v['role']),
      hospital: text(v['hospital']),
      regions: Array.isArray(v['regions']) ? v['regions'].map(text) : [],
      at: parseTime(v['at']),
    }))
    .sort(byAge);
}

const byAge = (a: Waiting, b: Waiting): number => (a.at ?? 0) - (b.at ?? 0) || (a.id < b.id ? -1 : 1);

/** A sign-up that waits no more. It keeps its place for a while, so that no button comes under a finger. */
export interface Decided {
  readonly waiting: Waiting;
  readonly line: Line;
}

export interface Row {
  readonly waiting: Waiting;
  /** Null while it waits. */
  readonly line: Line | null;
}

export function rowsOf(waiting: readonly Waiting[], decided: readonly Decided[]): Row[] {
  const over = new Set(decided.map((d) => d.waiting.id));
  const rows: Row[] = waiting.filter((v) => !over.has(v.id)).map((v) => ({ waiting: v, line: null }));
  return [...rows, ...decided].sort((a, b) => byAge(a.waiting, b.waiting));
}

/** Somebody else decided; how, where that is known. */
export function decidedLine(w: Words, name: string, state?: AccountState): Line {
  const how = state === undefined ? '' : ` · ${w.states[state]}`;
  return { level: 'warn', shape: 'triangle', text: w.decidedElse(name) + how };
}

/** How a state of an account looks. */
export const STATE_SHAPE: Readonly<Record<AccountState, Shape>> = {
  pending: 'ring',
  active: 'circle',
  rejected: 'cross',
  blocked: 'square',
};

/** A line of the status list; the most urgent first. */
export interface StatusLine extends Line {
  readonly key: string;
}

const URGENCY: Readonly<Record<Line['level'], number>> = { no: 0, warn: 1, quiet: 2, ok: 3 };

/**
 * Alerts, and how each source is collected. Whether it still is, the beats say
 * and not the last run, which stays when nobody runs any more. Without a beat
 * nothing is known to be well.
 */
export function statusOf(
  w: Words,
  board: readonly Entry[],
  sources: Sources,
  now: Millis | null,
): StatusLine[] {
  const runs = new Map(under(board, 'run/'));
  const names = [...new Set([...Object.keys(sources), ...runs.keys()])].sort();
  const lines = [
    ...under(board, 'alert/').map(([key, v]) => alertLine(w, key, v, now)),
    ...names.map((name) => ({ key: `run/${name}`, ...sourceLine(w, name, runs.get(name), sources, now) })),
  ];
  return lines.sort((a, b) => URGENCY[a.level] - URGENCY[b.level]);
}

/** What a source is called. */
const called = (w: Words, source: string): string => (w.sources as Record<string, string>)[source] ?? source;

function alertLine(w: Words, key: string, v: Bag, now: Millis | null): StatusLine {
  const critical = v['severity'] === 'critical';
  const source = text(v['source']);
  const since = parseTime(v['since']);
  const age = now === null || since === null ? '' : ` · ${w.since(ageText(w, Math.max(0, now - since)))}`;
  return {
    key: `alert/${key}`,
    level: critical ? 'no' : 'warn',
    shape: critical ? 'square' : 'triangle',
    text: (source === '' ? '' : `${called(w, source)} · `) + text(v['text']) + age,
  };
}

function sourceLine(
  w: Words,
  name: string,
  run: Bag | undefined,
  sources: Sources,
  now: Millis | null,
): Line {
  const what = called(w, name);
  const source = sources[name];
  if (now === null || source === undefined)
    return { level: 'quiet', shape: 'ring', text: w.sourceUnknown(what) };
  if (source.complete_at === null) return { level: 'no', shape: 'square', text: w.sourceNever(what) };
  const age = ageText(w, Math.max(0, now - source.complete_at));
  if (isLate(source, now)) return { level: 'no', shape: 'square', text: w.sourceLate(what, age) };
  if (run && run['complete'] !== true) {
    const error = text(run['error']) || w.incomplete;
    return { level: 'warn', shape: 'triangle', text: w.sourceFailed(what, error) };
  }
  return { level: 'ok', shape: 'circle', text: w.sourceOk(what, age) };
}

/** The sentence above all: what stops the page, then the link. */
export function noteOf(
  w: Words,
  halted: { signedOut: string | null; halted: string | null; refused: boolean },
  status: LinkStatus,
): Line {
  const stopped =
    halted.signedOut !== null
      ? signedOutText(w, halted.signedOut)
      : halted.refused
        ? w.failed.forbidden
        : halted.halted !== null
          ? w.halted(halted.halted)
          : null;
  return stopped === null ? linkNoteOf(w, status) : { level: 'no', shape: 'cross', text: stopped };
}
