/**
 * The console of one hospital: what it holds of the server, its alarm, and what it
 * proves of being heard. Whatever is shown and whatever sounds is computed from the
 * state that is held; this only carries it to the loudspeaker and back to the server.
 */
import { incomingOf } from '../domain/index.ts';
import { nameOf } from '../kit/gate.ts';
import { Live } from '../kit/live.svelte.ts';
import {
  Capacity,
  holdConsole,
  Reservations,
  type ConsoleWord,
  type Done,
  type HeldConsole,
  type Session,
} from '../rest/index.ts';
import type { Answer } from '../feed/index.ts';
import { Bell, callsOf, isMuted, muteNow, type Mute } from './alarm.ts';
import { deskOf } from './desk.ts';
import { heard, Ladder, wasHeard } from './hearing.ts';
import { ownOf, regionOf } from './own.ts';
import { speakerOf, type Speaker } from './sound.ts';

const visible = (): boolean => document.visibilityState === 'visible';

export class Console {
  readonly hospital: string;
  readonly live: Live;
  readonly answers: Reservations;
  readonly capacity: Capacity;
  readonly #feed: string;
  readonly #region: string;
  readonly #speaker: Speaker;
  readonly #bell = new Bell((tune, loud) => this.#speaker.play(tune, loud));
  readonly #ladder = new Ladder();
  readonly #openedAt = performance.now();
  #lease: HeldConsole | null = null;

  /** What is heard of this console's lease. */
  word = $state.raw<ConsoleWord>({ held: false, reach: null, problem: null });
  /** The browser lets sound out. */
  running = $state.raw(false);
  /** Somebody confirmed in this shift that it is heard. */
  tested = $state.raw(false);
  #mute = $state.raw<Mute | null>(null);
  /** How often the alarm was really played. */
  bursts = $state.raw(0);
  /** No request can come in. */
  cut = $state.raw(false);

  readonly all = $derived.by(() => incomingOf(this.live.board(this.#feed)));
  readonly desk = $derived.by(() => deskOf(this.all, this.live.now));
  readonly own = $derived.by(() =>
    ownOf(this.live.board(this.#region), this.hospital, this.live.now, this.live.timings),
  );
  /** What has to be heard. What was saved and is not proved wakes nobody. */
  readonly calls = $derived.by(() => {
    const desk = this.live.savedAt === null ? this.desk : deskOf([], 0);
    return callsOf(desk, this.cut);
  });
  /** Seconds for which it is muted still; 0: it is not. */
  readonly mutedFor = $derived.by(() => {
    void this.live.now;
    const now = performance.now();
    return isMuted(this.#mute, this.calls, now) ? Math.ceil((this.#mute!.until - now) / 1000) : 0;
  });

  constructor(session: Session, hospital: string) {
    this.hospital = hospital;
    this.#feed = `hospital:${hospital}`;
    this.#region = `region:${regionOf(hospital)}`;
    this.live = new Live({
      session,
      name: nameOf('boards'),
      busy: () => this.desk.waiting.length > 0 || document.querySelector('dialog[open]') !== null,
      looked: () => this.#looked(),
    });
    this.answers = new Reservations(this.live.rest);
    this.capacity = new Capacity(this.live.rest, hospital);
    this.tested = wasHeard(hospital, Date.now());
    this.#speaker = speakerOf(() => this.#looked());
  }

  /** Begins; what it returns ends it. */
  start(): () => void {
    const unlock = () => void this.#speaker.wake(); // any press is one that the browser waits for
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, unlock, true);
    void this.live.start().then(() => {
      this.live.follow([this.#feed, this.#region]);
      this.#lease = holdConsole({
        hospital: this.hospital,
        token: this.live.session.token,
        visible,
        audible: () => this.audible,
        told: (word) => (this.word = word),
      });
    });
    return () => {
      for (const kind of ['pointerdown', 'keydown']) removeEventListener(kind, unlock, true);
      void this.#lease?.close();
      this.#speaker.close();
      this.live.stop();
    };
  }

  /** Whether the alarm can be heard: sound runs, is not muted, and passed its test. */
  get audible(): boolean {
    return this.running && this.tested && this.mutedFor === 0;
  }

  get loaded(): boolean {
    return this.live.loaded(this.#feed);
  }

  readonly mute = (): void => {
    this.#mute = muteNow(this.calls, performance.now());
    this.#lease?.changed();
  };

  /** Sounds once, for somebody who listens. */
  readonly testSound = (): void => {
    void this.#speaker.wake().then(() => this.#speaker.play('urgent', false));
  };

  readonly confirmSound = (): void => {
    heard(this.hospital, Date.now());
    this.tested = true;
    this.#lease?.changed();
  };

  /** A named person looked into a request. */
  opened(id: string): void {
    this.live.client.ack(this.#feed, [{ id, rung: 'opened' }]);
  }

  /** Shows what a command came to before the socket says it. */
  readonly shown = (done: Done<unknown> | readonly Answer[]): void => {
    this.live.overlay('feeds' in done ? done.feeds : done);
  };

  /** All that follows from the state without being shown. Called at each look, each second at least. */
  #looked(): void {
    const now = performance.now();
    this.running = this.#speaker.running;
    this.cut = this.#isCut(now);
    if (this.mutedFor === 0) this.#ring(now);
    const acks = this.live.isLive ? this.#ladder.acks(this.desk, visible(), now) : [];
    if (acks.length > 0) this.live.client.ack(this.#feed, acks);
    this.#lease?.look();
    this.#lease?.changed();
  }

  #ring(now: number): void {
    const ids = this.#bell.ring(this.calls, now);
    if (ids.length === 0) return;
    this.bursts++;
    if (this.audible) this.#ladder.sounded(ids);
  }

  /** Offline, or never online for as long as makes it offline. */
  #isCut(now: number): boolean {
    const { link, proved, timings, refused, signedOut } = this.live;
    if (link === 'offline' || signedOut !== null || refused.has(this.#feed)) return true;
    return proved === null && now - this.#openedAt > timings.offline_ms;
  }
}
