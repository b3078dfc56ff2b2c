/**
 * What a screen holds of the server, in one place: the session, the socket with
 * the feeds it follows, commands over REST, and how far all of it can be trusted.
 *
 * A screen is a function of what `Live` holds and of its clock. Whatever reads
 * `board()`, `get()`, `now` or the link in a `$derived` is computed again when
 * that moved, at most ten times a second however much comes, and each second for
 * the ages. Nobody hears of a single event.
 *
 * What was last held of each feed stays in the browser's store, so that a reload
 * without a network shows it, with its age. A page of another build reloads when
 * nobody would notice.
 */
import {
  Client,
  type Answer,
  type Entry,
  type Halt,
  type Link,
  type Millis,
  type Reader,
  type Sources,
  type Timings,
  type Welcome,
  type Why,
} from '../feed/index.ts';
import { Rest, type Session } from '../rest/index.ts';
import { rememberWho } from './gate.ts';
import { keep, recallKept, type Kept } from './kept.ts';
import { mayReload } from './renewal.ts';
import type { LinkStatus } from './status.ts';
import { forgetAll } from './store.ts';
import { isOutdated } from './worker.ts';

/** What moved is looked at so often, in milliseconds. */
const LOOK_MS = 100;
/** Ages and the sun. */
const TICK_MS = 1_000;
/** How often the boards are put into the store. */
const KEEP_MS = 10_000;
/** A stopped client tries again by itself after this and as much again at most. */
const RESTART_MS = 10_000;

export interface LiveOptions {
  readonly session: Session;
  /** What the store calls this screen. */
  readonly name: string;
  /** Its boards are put into the store, which is the default. */
  readonly keeps?: boolean;
  /** Whether a reload would interrupt somebody. */
  readonly busy?: () => boolean;
  /** Called after each look, for what has to follow from the state without being shown: an alarm, a word to the server. */
  readonly looked?: () => void;
}

export class Live {
  readonly rest: Rest;
  readonly session: Session;
  readonly client: Client;
  readonly #name: string;
  readonly #keeps: boolean;
  readonly #busy: () => boolean;
  readonly #looked: () => void;
  readonly #readers = new Map<string, Reader>();
  readonly #boards = new Map<string, readonly Entry[]>();
  #saved: Kept | null = null;
  #skew: Millis = 0; // of the server's clock when that was last known, against this machine's
  #keptAt = -Infinity;
  #lookedAt = -Infinity;
  #looking: ReturnType<typeof setTimeout> | undefined;
  #ticking: ReturnType<typeof setInterval> | undefined;
  #restarting: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #build: string | null = null; // of the server that this page first met
  #otherBuild = false;
  #touchedAt = performance.now();

  #moved = $state.raw(0);
  /** The server's clock, by the second; the machine's own before the first beat. */
  now = $state.raw<Millis>(Date.now());
  link = $state.raw<Link>('connecting');
  why = $state.raw<Why>('');
  /** How long ago the boards were proved, in whole seconds of milliseconds; null: never. */
  proved = $state.raw<number | null>(null);
  mode = $state.raw<Welcome['mode'] | null>(null);
  sources = $state.raw<Sources>({});
  newVersion = $state.raw(false);
  /** The code for which the client stopped; null while it goes on. */
  halted = $state.raw<string | null>(null);
  /** The code for which the session is over: somebody has to sign in. */
  signedOut = $state.raw<string | null>(null);
  /** Feeds that the server does not show, with its code. */
  refused = $state.raw<ReadonlyMap<string, string>>(new Map());
  /** When what is shown was saved, for as long as nothing newer has come; else null. */
  savedAt = $state.raw<Millis | null>(null);

  constructor({ session, name, keeps = true, busy = () => false, looked = () => {} }: LiveOptions) {
    this.session = session;
    this.#name = name;
    this.#keeps = keeps;
    this.#busy = busy;
    this.#looked = looked;
    this.rest = new Rest(session.token);
    this.client = new Client({
      urls: [location.origin.replace(/^http/, 'ws') + '/ws'],
      token: session.forSocket,
      socket: WebSocket,
      changed: (reader) => {
        this.#boards.delete(reader.feed);
        this.#granted(reader.feed);
        this.#soon();
      },
      linked: () => this.#soon(),
      welcomed: this.#welcomed,
      refused: (reader, error) => {
        this.refused = new Map(this.refused).set(reader.feed, error.code);
      },
      halted: this.#stopped,
    });
  }

  /** Begins with what was saved, if anything was, and connects. */
  async start(): Promise<void> {
    this.#saved = await recallKept(this.#name);
    if (this.#ended) return;
    if (this.#saved) {
      this.#skew = this.#saved.at - this.#saved.local;
      this.mode ??= this.#saved.mode;
    }
    addEventListener('online', this.#wake);
    addEventListener('pagehide', this.#keep);
    document.addEventListener('visibilitychange', this.#seen);
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, this.#touched, { passive: true });
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
    this.client.start();
  }

  /** Ends all; what is held stays readable. */
  stop(): void {
    this.#ended = true;
    clearInterval(this.#ticking);
    clearTimeout(this.#looking);
    clearTimeout(this.#restarting);
    removeEventListener('online', this.#wake);
    removeEventListener('pagehide', this.#keep);
    document.removeEventListener('visibilitychange', this.#seen);
    for (const kind of ['pointerdown', 'keydown']) removeEventListener(kind, this.#touched);
    this.client.close();
  }

  /** Follows exactly these feeds. */
  follow(feeds: readonly string[]): void {
    for (const feed of this.#readers.keys()) {
      if (feeds.includes(feed)) continue;
      this.client.unfollow(feed);
      this.#readers.delete(feed);
      this.#boards.delete(feed);
    }
    for (const feed of feeds) {
      if (this.#readers.has(feed)) continue;
      const saved = this.#saved?.boards.find((b) => b.feed === feed);
      const reader = this.client.follow(feed, saved);
      this.#readers.set(feed, reader);
      if (saved && reader.loaded) this.savedAt = this.#saved!.at;
    }
    this.#look();
  }

  /** All keys of a feed as they are shown; none before it is there. */
  board(feed: string): readonly Entry[] {
    void this.#moved;
    let board = this.#boards.get(feed);
    if (!board) this.#boards.set(feed, (board = this.#readers.get(feed)?.board() ?? []));
    return board;
  }

  get(feed: string, key: string): Entry | undefined {
    void this.#moved;
    return this.#readers.get(feed)?.get(key);
  }

  /** Whether there is anything to show of a feed. */
  loaded(feed: string): boolean {
    void this.#moved;
    return this.#readers.get(feed)?.loaded ?? false;
  }

  get timings(): Timings {
    void this.#moved;
    return this.client.timings;
  }

  get isLive(): boolean {
    return this.link === 'live';
  }

  /** For the pill and the note. */
  get status(): LinkStatus {
    const { link, why, proved, sources, mode, newVersion, savedAt } = this;
    const now = proved === null && savedAt === null ? null : this.now;
    return { link, why, proved, now, sources, mode, newVersion, savedAt };
  }

  /** Lays what a command came to over the boards, before the socket says the same. */
  overlay(answers: readonly Answer[]): void {
    for (const answer of answers) this.client.overlay(answer);
  }

  // What the client tells.

  readonly #welcomed = (w: Welcome): void => {
    this.halted = null;
    this.mode = w.mode;
    this.#build ??= w.build;
    this.#otherBuild = w.build !== this.#build;
    this.#soon();
  };

  /** A feed that something comes of is shown again. */
  #granted(feed: string): void {
    if (!this.refused.has(feed)) return;
    this.refused = new Map([...this.refused].filter(([refused]) => refused !== feed));
  }

  readonly #stopped = (h: Halt): void => {
    if (this.session.held) {
      this.halted = h.code;
      this.#restarting = setTimeout(() => this.client.start(), RESTART_MS * (1 + Math.random()));
    } else {
      this.signedOut = h.code;
      void forgetAll(); // whoever it was may not see this any more, here neither
    }
  };

  // The clock.

  /** Looks now, or a little later when that was done just now. A hidden page looks at once: its timers sleep. */
  #soon(): void {
    if (this.#looking !== undefined) return;
    const wait = document.hidden ? 0 : this.#lookedAt + LOOK_MS - performance.now();
    if (wait <= 0) return this.#look();
    this.#looking = setTimeout(() => this.#look(), wait);
  }

  #look(): void {
    clearTimeout(this.#looking);
    this.#looking = undefined;
    this.#lookedAt = performance.now();
    const local = this.client.now();
    ({ link: this.link, why: this.why } = this.client.link());
    let server: Millis | null = null;
    let proved: number | null = Infinity;
    for (const reader of this.#readers.values()) {
      server ??= reader.serverTime(local);
      if (server !== null) this.sources = reader.sources;
      proved = reader.provedAt === null || proved === null ? null : Math.min(proved, reader.provedAt);
    }
    this.now = server ?? Date.now() + this.#skew;
    this.proved = proved === null || proved === Infinity ? null : Math.floor((local - proved) / 1000) * 1000;
    if (this.proved !== null) this.#saved = this.savedAt = null; // what is followed later begins with nothing
    this.newVersion = this.#otherBuild || isOutdated();
    this.#moved++;
    this.#looked();
  }

  #tick(): void {
    this.#look();
    if (this.isLive && performance.now() - this.#keptAt >= KEEP_MS) this.#keep();
    const untouchedMs = performance.now() - this.#touchedAt;
    if (mayReload({ old: this.newVersion, live: this.isLive, busy: this.#busy(), untouchedMs }))
      location.reload();
  }

  /** Only what is proved is worth being shown later. */
  readonly #keep = (): void => {
    if (!this.isLive) return;
    this.#keptAt = performance.now();
    const boards = this.#keeps ? [...this.#readers.values()].flatMap((r) => r.whole() ?? []) : [];
    void keep(this.#name, { at: this.now, local: Date.now(), mode: this.mode, boards });
    void rememberWho(this.session);
  };

  readonly #wake = (): void => this.client.wake();

  readonly #seen = (): void => {
    if (!document.hidden) this.client.wake();
    this.#look();
  };

  readonly #touched = (): void => {
    this.#touchedAt = performance.now();
  };
}
