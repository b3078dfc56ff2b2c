/**
 * When the console sounds, and how. What sounds follows from the state that is
 * held, never from an event: a reload in the middle of an alarm sounds again.
 */
import { isWorse, type Desk } from './desk.ts';

export type Tune = 'urgent' | 'usual' | 'overdue' | 'offline';

/** Something that has to be heard. */
export interface Call {
  readonly tune: Tune;
  /** Nobody answered for long: a level up (R30). */
  readonly loud: boolean;
  readonly everyMs: number;
  /** Whom it is about; one that is new sounds at once. */
  readonly ids: readonly string[];
}

/** R30, and once a minute for what nobody has to answer. */
const EVERY: Record<Tune, number> = { urgent: 5_000, usual: 10_000, overdue: 60_000, offline: 60_000 };
const LOUD: Record<Tune, number> = { ...EVERY, urgent: 3_000, usual: 6_000 };

/** How long "30초 음소거" goes. */
export const MUTE_MS = 30_000;
/** Two tunes never run into each other. */
const GAP_MS = 1_900;

function call(tune: Tune, ids: readonly string[], loud = false): Call[] {
  return ids.length === 0 ? [] : [{ tune, loud, everyMs: (loud ? LOUD : EVERY)[tune], ids }];
}

/**
 * All that has to be heard now, the most urgent first. `cut` says that no request
 * can come in; what waits then goes on sounding, for nobody has answered it here.
 */
export function callsOf(desk: Desk, cut: boolean): Call[] {
  const urgent = desk.waiting.filter((r) => (r.triage.ktas ?? 3) <= 2 || isWorse(r));
  const usual = desk.waiting.filter((r) => !urgent.includes(r));
  const ids = (list: typeof urgent) => list.map((r) => r.id);
  const loud = (list: typeof urgent) => list.some((r) => r.escalation >= 1);
  const unseen = desk.unseen.map((r) => `${r.id}@${r.worseVersion}`);
  return [
    ...call('urgent', [...ids(urgent), ...unseen], loud(urgent)),
    ...call('usual', ids(usual), loud(usual)),
    ...call('offline', cut ? ['link'] : []),
    ...call('overdue', ids([...desk.overdue])),
  ];
}

/** What was muted, and until when. */
export interface Mute {
  readonly until: number;
  readonly ids: readonly string[];
}

const idsOf = (calls: readonly Call[]): string[] => calls.flatMap((c) => c.ids);

export const muteNow = (calls: readonly Call[], now: number): Mute => ({
  until: now + MUTE_MS,
  ids: idsOf(calls),
});

/** R32: a mute is of what was there; whatever is new cancels it. */
export const isMuted = (mute: Mute | null, calls: readonly Call[], now: number): boolean =>
  mute !== null && now < mute.until && idsOf(calls).every((id) => mute.ids.includes(id));

/** Plays what is due. It keeps no timer: it is asked at each look at the state. */
export class Bell {
  readonly #play: (tune: Tune, loud: boolean) => boolean;
  readonly #at = new Map<Tune, number>();
  #heard = new Set<string>();
  #lastAt = -Infinity;

  /** `play` says whether it can be heard. What cannot is due again at the next look. */
  constructor(play: (tune: Tune, loud: boolean) => boolean) {
    this.#play = play;
  }

  /** The ids that sounded now. */
  ring(calls: readonly Call[], now: number): readonly string[] {
    const all = new Set(idsOf(calls));
    this.#heard = new Set([...this.#heard].filter((id) => all.has(id)));
    const fresh = (c: Call) => c.ids.some((id) => !this.#heard.has(id));
    const due = calls.find((c) => fresh(c) || now - (this.#at.get(c.tune) ?? -Infinity) >= c.everyMs);
    if (!due || (!fresh(due) && now - this.#lastAt < GAP_MS)) return [];
    if (!this.#play(due.tune, due.loud)) return [];
    this.#lastAt = now;
    this.#at.set(due.tune, now);
    for (const id of due.ids) this.#heard.add(id);
    return due.ids;
  }
}

/** A note of a tune: hertz, and seconds from the tune's beginning. */
export interface Tone {
  readonly hz: number;
  readonly at: number;
  readonly for: number;
}

/** Partials of every tone, the strength of each: it can be located by ear (R31). */
export const PARTIALS: readonly number[] = [1, 0.7, 0.5, 0.35];

const pair = (at: number, each: number, [high, low]: readonly [number, number]): Tone[] => [
  { hz: high, at, for: each },
  { hz: low, at: at + each, for: each },
];
const pairs = (n: number, each: number, tones: readonly [number, number]): Tone[] =>
  Array.from({ length: n }, (_, i) => pair(i * 2 * each, each, tones)).flat();

/** An ambulance's two tones, the faster the more urgent (R31); none of them is a monitor's. */
export function tonesOf(tune: Tune, loud: boolean): Tone[] {
  if (tune === 'urgent') return pairs(loud ? 5 : 3, 0.15, [950, 720]);
  if (tune === 'usual') return loud ? pairs(3, 0.22, [950, 720]) : pairs(1, 0.4, [950, 720]);
  if (tune === 'overdue') return pair(0, 0.25, [560, 560]);
  return [...pair(0, 0.35, [520, 390]), { hz: 260, at: 0.7, for: 0.6 }];
}
