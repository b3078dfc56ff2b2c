import { byKey, State } from './state.ts';
import { DEFAULT_TIMINGS } from './timings.ts';
import type { Beat, Entry, Millis, Reset, Resumed, Sources, SubscribeFrame, Timings } from './frames.ts';

/**
 * The state of a reader's connection to the truth. A screen shows the worst of its feeds.
 *
 * - `connecting`: never proved, no socket
 * - `syncing`: never proved, a socket is open
 * - `live`: proved, and lately
 * - `delayed`: proved once, not lately enough; the reason says why
 * - `offline`: the last proof is too old to act on
 */
export type Link = 'connecting' | 'syncing' | 'live' | 'delayed' | 'offline';

/**
 * Why a link is delayed: the socket is open and says nothing, or is closed; the
 * hub has not asked the database lately; the board differs from the server's.
 */
export type Why = 'silent' | 'closed' | 'unverified' | 'unproved' | '';

const RANK: readonly Link[] = ['live', 'delayed', 'syncing', 'connecting', 'offline'];

/** Whether a is a worse state to be in than b. */
export const worse = (a: Link, b: Link): boolean => RANK.indexOf(a) > RANK.indexOf(b);

/** What a frame did to a reader. */
export interface Step {
  /** Send `subscription()` now. */
  readonly ask?: boolean;
  /** Everything held was replaced. */
  readonly reset?: boolean;
  /** Keys set or removed by this frame. */
  readonly changed?: readonly string[];
}

/** A REST answer's part in one feed: the values of some keys as of (epoch, seq). */
export interface Answer {
  readonly feed: string;
  readonly epoch: string;
  readonly seq: number;
  readonly keys: readonly Entry[];
}

/** A feed's whole state at seq, as a snapshot or a board over REST gives it. */
export interface Whole {
  readonly feed: string;
  readonly epoch: string;
  readonly seq: number;
  readonly digest: string;
  readonly keys: readonly Entry[];
}

interface Overlaid {
  readonly entry: Entry;
  readonly until: number; // the cursor that makes the overlay needless
}

const NOTHING: Step = {};

/**
 * One display of one feed: frames, answers and the clock go in, the board, the
 * cursor and the link state come out. It has no socket and no timer. It is the
 * same machine as `model/feed.Reader` in Go, and `model/feed/testdata/vectors.json`
 * holds the two together.
 *
 * `now` is always a local clock that never goes back (see steadyClock), in
 * milliseconds; only differences of it are used.
 */
export class Reader {
  readonly feed: string;
  #timings: Timings = DEFAULT_TIMINGS;
  #state = new State();
  #overlay = new Map<string, Overlaid>();

  #open = false;
  #asked = false; // a subscription is on its way; only its answer counts
  #loaded = false; // a whole state was taken
  #cause = ''; // why the next subscription asks for a reset
  #provedAt: number | null = null;
  #verified = false; // the last proof said that the hub is verified
  #wrong = false; // the newest beat or reset disproved the board, or the hub calls it unproved
  #disproof: number | null = null;

  #beatAt: number | null = null; // arrival of the last beat, by the local clock
  #serverAt: Millis | null = null; // and the server's clock in it
  #sources: Sources = {};

  constructor(feed: string) {
    this.feed = feed;
  }

  /** Tells of a socket that is welcome; the owner sends `subscription()` next. */
  opened(t: Timings): void {
    this.#open = true;
    this.#asked = true;
    this.#timings = t;
  }

  /** Tells that the socket is gone. What is held stays. */
  closed(): void {
    this.#open = false;
    this.#asked = false;
  }

  /** The frame to send: with the cursor when there is one. */
  subscription(): SubscribeFrame {
    const f: SubscribeFrame = { type: 'subscribe', feed: this.feed };
    if (this.#cause) return { ...f, cause: this.#cause };
    return this.#loaded ? { ...f, epoch: this.#state.epoch, seq: this.#state.seq } : f;
  }

  #ask(): Step {
    this.#asked = true;
    return { ask: true };
  }

  /**
   * Takes the whole state. One that differs from its own digest is not shown as
   * live; the beat behind it decides whether to ask for another.
   */
  reset(f: Pick<Reset, 'epoch' | 'seq' | 'digest' | 'keys'>): Step {
    this.#state.load(f.epoch, f.seq, f.keys);
    this.#overlay.clear();
    this.#loaded = true;
    this.#asked = false;
    this.#cause = '';
    if (f.digest !== this.#state.digest) this.#wrong = true;
    return { reset: true };
  }

  /** Goes on from the cursor that was sent. */
  resumed(f: Pick<Resumed, 'epoch' | 'seq'>): Step {
    if (!this.#loaded || f.epoch !== this.#state.epoch || f.seq > this.#state.seq) return this.#ask();
    this.#asked = false;
    return NOTHING;
  }

  /**
   * Takes keys. A hole asks again from the cursor; while an answer to that is
   * awaited, further holes are silent.
   */
  event(from: number, to: number, keys: readonly Entry[]): Step {
    if (!this.#loaded) return NOTHING;
    const changed = this.#state.apply(from, to, keys);
    if (!changed) return this.#asked ? NOTHING : this.#ask();
    for (const [key, o] of this.#overlay) if (o.until <= this.#state.seq) this.#overlay.delete(key);
    return { changed };
  }

  /** Proves or disproves the board at the local time now. */
  beat(f: Beat, now: number): Step {
    this.#beatAt = now;
    this.#serverAt = f.at;
    this.#sources = f.sources;
    if (this.#asked || !this.#loaded) return NOTHING;
    if (f.epoch !== this.#state.epoch || f.seq !== this.#state.seq) return this.#ask();
    if (f.unproved) {
      this.#wrong = true;
      return NOTHING;
    }
    if (f.digest !== this.#state.digest) return this.#disproved(now);
    this.#wrong = false;
    this.#provedAt = now;
    this.#verified = f.verified_at !== null && f.at !== null && f.at - f.verified_at < this.#timings.live_ms;
    return NOTHING;
  }

  #disproved(now: number): Step {
    this.#wrong = true;
    if (this.#disproof !== null && now - this.#disproof < this.#timings.disproof_ms) return NOTHING;
    this.#disproof = now;
    this.#cause = 'digest';
    return this.#ask();
  }

  /**
   * Takes a feed's whole state from an answer, so that there is something to
   * show before a socket is open; the first subscription goes on from there. It
   * proves nothing: that is for a beat. A reader that holds a state has it from
   * a socket and keeps it, and a state that has not its own digest lost
   * something: both change nothing.
   */
  begin(w: Whole): Step {
    if (w.feed !== this.feed || this.#loaded) return NOTHING;
    const state = new State();
    state.load(w.epoch, w.seq, w.keys);
    if (w.epoch === '' || state.digest !== w.digest) return NOTHING;
    this.#state = state;
    this.#loaded = true;
    return { reset: true };
  }

  /** What `begin` takes: the whole state that a socket or an answer gave, without overlays; null before there is one. */
  whole(): Whole | null {
    if (!this.#loaded) return null;
    return { ...this.cursor, digest: this.digest, keys: this.#state.live() };
  }

  /**
   * Lays the keys of an answer over the board, outside the digest, until the
   * cursor reaches the answer or a reset comes. An answer of another epoch, or
   * one that the cursor has reached, changes nothing.
   */
  overlay(a: Answer): Step {
    if (a.feed !== this.feed || !this.#loaded) return NOTHING;
    if (a.epoch !== this.#state.epoch || a.seq <= this.#state.seq) return NOTHING;
    const changed: string[] = [];
    for (const entry of a.keys) {
      const held = this.#overlay.get(entry.key);
      if (held && held.until >= a.seq) continue;
      this.#overlay.set(entry.key, { entry, until: a.seq });
      changed.push(entry.key);
    }
    return { changed };
  }

  /** Judges the connection at the local time now; why is set for delayed. */
  link(now: number): { link: Link; why: Why } {
    if (this.#provedAt === null) return { link: this.#open ? 'syncing' : 'connecting', why: '' };
    const age = now - this.#provedAt;
    if (age >= this.#timings.offline_ms) return { link: 'offline', why: '' };
    if (!this.#open) return { link: 'delayed', why: 'closed' };
    if (this.#wrong) return { link: 'delayed', why: 'unproved' };
    if (!this.#verified) return { link: 'delayed', why: 'unverified' };
    if (age >= this.#timings.live_ms) return { link: 'delayed', why: 'silent' };
    return { link: 'live', why: '' };
  }

  /** A subscription was sent and its answer has not come. */
  get waiting(): boolean {
    return this.#asked;
  }

  /** A whole state was taken: there is a board to show. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** The place that the board has reached. */
  get cursor(): { feed: string; epoch: string; seq: number } {
    return { feed: this.feed, epoch: this.#state.epoch, seq: this.#state.seq };
  }

  /** The digest of the board without overlays. */
  get digest(): string {
    return this.#state.digest;
  }

  /** A key as a screen shows it, overlays included. */
  get(key: string): Entry | undefined {
    const over = this.#overlay.get(key);
    if (!over) return this.#state.get(key);
    return over.entry.gone ? undefined : over.entry;
  }

  /** All keys as a screen shows them, sorted by name. */
  board(): Entry[] {
    if (this.#overlay.size === 0) return this.#state.live();
    const out = this.#state.live().filter((e) => !this.#overlay.has(e.key));
    for (const { entry } of this.#overlay.values()) if (!entry.gone) out.push(entry);
    return out.sort(byKey);
  }

  /** When the board was last proved, by the local clock; null when it never was. */
  get provedAt(): number | null {
    return this.#provedAt;
  }

  /** When the last beat came, by the local clock, whatever it said. */
  get beatAt(): number | null {
    return this.#beatAt;
  }

  /** The server's clock at the local time now, which ages are measured against; null without a beat. */
  serverTime(now: number): Millis | null {
    if (this.#serverAt === null || this.#beatAt === null) return null;
    return this.#serverAt + (now - this.#beatAt);
  }

  /** The last complete poll of each source, as of the last beat. */
  get sources(): Sources {
    return this.#sources;
  }

  get timings(): Timings {
    return this.#timings;
  }
}
