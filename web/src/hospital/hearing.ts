/** What this console can prove of being heard, and what it tells the server of each request. */
import type { Incoming } from '../domain/index.ts';
import type { Ack } from '../feed/index.ts';
import type { Line } from '../kit/status.ts';
import type { ConsoleWord } from '../rest/index.ts';
import type { Desk } from './desk.ts';
import type { Words } from './words.ts';

/** A sound test goes for a shift: a reload needs no new one, tomorrow does. */
const SHIFT_MS = 12 * 60 * 60_000;

const store = (hospital: string): string => `weer.heard:${hospital}`;

/** Whether somebody confirmed in this window, and in this shift, that the alarm is heard. */
export function wasHeard(hospital: string, now: number): boolean {
  try {
    const at = Number(sessionStorage.getItem(store(hospital)) ?? NaN);
    return now - at >= 0 && now - at < SHIFT_MS;
  } catch {
    return false;
  }
}

export function heard(hospital: string, now: number): void {
  try {
    sessionStorage.setItem(store(hospital), String(now));
  } catch {
    return; // then it goes for this page
  }
}

/** What is proved of the hospital's consoles, in shape and words. A lost lease is the loudest. */
export function hearingOf(words: Words, { held, reach }: ConsoleWord): Line {
  if (reach === null) return { level: 'quiet', shape: 'ring', text: words.reach.asked };
  if (!held) return { level: 'no', shape: 'cross', text: words.reach.lost };
  const text = words.reach[reach];
  if (reach === 'audible') return { level: 'ok', shape: 'circle', text };
  return {
    level: reach === 'visible' ? 'warn' : 'no',
    shape: reach === 'visible' ? 'triangle' : 'square',
    text,
  };
}

/** A word that came to nothing is said again after this, in milliseconds. */
const AGAIN_MS = 3_000;

/**
 * The words about each request that nobody proved yet, one each: a higher rung
 * says the lower ones too. What was said lately is not repeated.
 */
export class Ladder {
  readonly #told = new Map<string, number>();
  readonly #sounded = new Set<string>();

  sounded(ids: readonly string[]): void {
    for (const id of ids) this.#sounded.add(id.split('@', 1)[0]!);
  }

  acks(desk: Desk, visible: boolean, now: number): Ack[] {
    const drawn = new Set(visible ? [...desk.cards, ...desk.coming] : []);
    const going = [...desk.waiting, ...desk.coming];
    const acks = going.flatMap((r) => this.#next(r, drawn.has(r)));
    const due = acks.filter((a) => now - (this.#told.get(a.id + a.rung) ?? -Infinity) >= AGAIN_MS);
    for (const a of due) this.#told.set(a.id + a.rung, now);
    if (going.length === 0) this.#forget();
    return due;
  }

  #next(r: Incoming, drawn: boolean): Ack[] {
    const rungs = ['sounded', 'shown', 'pushed'] as const;
    const can = { sounded: this.#sounded.has(r.id), shown: drawn, pushed: true };
    const rung = rungs.find((name) => can[name] && r.missing.includes(name));
    return rung === undefined ? [] : [{ id: r.id, rung }];
  }

  #forget(): void {
    this.#told.clear();
    this.#sounded.clear();
  }
}
