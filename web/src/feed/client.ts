import { rowOfClose, rowOfCode, type Row } from './codes.ts';
import { BadFrame, decodeServer, MAX_ACKS, PROTOCOL } from './frames.ts';
import { Reader, worse, type Answer, type Link, type Step, type Whole, type Why } from './reader.ts';
import { realTimers, Refused, type ClientOptions, type Halt, type Socket, type Timers } from './options.ts';
import { DEFAULT_TIMINGS } from './timings.ts';
import type {
  Ack,
  Beat,
  Bye,
  ClientFrame,
  ErrorFrame,
  Event,
  Reset,
  Resumed,
  ServerFrame,
} from './frames.ts';
import type { Timings, Welcome } from './frames.ts';

/** Full jitter: a wait is a random part of 1, 2, 4, 8, 8 … seconds. */
const BACKOFF_MS = 1_000;
const BACKOFF_MAX_MS = 8_000;
/** The wait of a retry_after that did not say how long. */
const RETRY_AFTER_MS = 2_000;
/** How often the client looks at the clock. */
const TICK_MS = 500;
/** A token is renewed one to two minutes before it ends, a short one in its last two fifths. */
const RENEW_BEFORE_MS = 60_000;

type Phase = 'closed' | 'halted' | 'waiting' | 'token' | 'opening' | 'greeting' | 'open';

interface Follow {
  readonly reader: Reader;
  askedAt: number; // when the last subscription was sent
  refused: boolean;
}

/**
 * Follows feeds over one socket and never gives up: it signs in, subscribes,
 * resumes where it was, pings, renews its token in band, and when a feed hears
 * no beat for as long as makes it offline it closes the socket, which may be
 * half dead, and opens another. What it does about a close stands in the table
 * of codes. What a feed shows and how far that can be trusted is its Reader's.
 *
 * All is done in the calls of the socket and of one timer; nothing runs after `close()`.
 */
export class Client {
  readonly #options: ClientOptions;
  readonly #timers: Timers;
  readonly #follows = new Map<string, Follow>();
  #phase: Phase = 'closed';
  #phaseAt = 0;
  #attempt = 0; // tells the answers to this attempt from those to earlier ones
  #socket: Socket | null = null;
  #url = 0;
  #failures = 0; // connections in a row that proved nothing
  #stopTick: (() => void) | null = null;
  #stopWait: (() => void) | null = null;

  #token: string | null = null;
  #renewAt = Infinity;
  #pingAt = 0;
  #welcome: Welcome | null = null;
  #bye: Bye | null = null;
  #error: ErrorFrame | null = null; // the last one that announced a close
  #shown: Link | '' = '';
  #shownWhy: Why = '';

  constructor(options: ClientOptions) {
    if (options.urls.length === 0) throw new RangeError('urls is empty: a client needs a server');
    this.#options = options;
    this.#timers = options.timers ?? realTimers();
  }

  /** Connects; also again after the client was halted or closed. */
  start(): void {
    if (this.#phase !== 'closed' && this.#phase !== 'halted') return;
    this.#stopTick ??= this.#timers.after(TICK_MS, this.#tick);
    this.#connect();
  }

  /** Ends all; the boards stay readable. */
  close(): void {
    this.#stopTick?.();
    this.#stopTick = null;
    this.#leave('closed');
  }

  /** Ends a back-off at once: the network is back, or somebody looks. */
  wake(): void {
    if (this.#phase === 'waiting') this.#connect();
    else this.#look();
  }

  /**
   * Follows a feed; the same reader as before when it is followed already. One
   * that holds nothing yet begins with what a REST answer gave, and goes on from
   * there.
   */
  follow(feed: string, from?: Whole): Reader {
    const held = this.#follows.get(feed);
    const follow = held ?? { reader: new Reader(feed), askedAt: 0, refused: false };
    this.#follows.set(feed, follow);
    if (from) this.#report(follow.reader, follow.reader.begin(from));
    if (!held && this.#phase === 'open') this.#subscribe(follow);
    return follow.reader;
  }

  unfollow(feed: string): void {
    if (this.#follows.delete(feed) && this.#phase === 'open') this.#send({ type: 'unsubscribe', feed });
  }

  /**
   * Tells how far requests on a hospital's feed have come to the people there.
   * What cannot be sent now is forgotten: what to acknowledge follows from the
   * board, and is told again from there.
   */
  ack(feed: string, acks: readonly Ack[]): void {
    if (this.#phase !== 'open') return;
    for (let i = 0; i < acks.length; i += MAX_ACKS) {
      this.#send({ type: 'ack', feed, acks: acks.slice(i, i + MAX_ACKS) });
    }
  }

  /** Lays a REST answer over the board of its feed. */
  overlay(answer: Answer): void {
    const follow = this.#follows.get(answer.feed);
    if (follow) this.#report(follow.reader, follow.reader.overlay(answer));
  }

  /** The last welcome: mode, build, timings, sources. */
  get welcome(): Welcome | null {
    return this.#welcome;
  }

  get timings(): Timings {
    return this.#welcome?.timings ?? DEFAULT_TIMINGS;
  }

  /** The local clock that readers are judged by. */
  now(): number {
    return this.#timers.now();
  }

  /** The worst link state of all followed feeds, and why. */
  link(): { link: Link; why: Why } {
    const now = this.now();
    let worst: { link: Link; why: Why } | null = null;
    for (const { reader } of this.#follows.values()) {
      const l = reader.link(now);
      if (!worst || worse(l.link, worst.link)) worst = l;
    }
    return worst ?? { link: 'connecting', why: '' };
  }

  // The way to an open socket: token, opening, greeting, open.

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseAt = this.now();
  }

  #connect(): void {
    this.#leave('token');
    const attempt = this.#attempt;
    const current = () => attempt === this.#attempt;
    this.#getToken().then(
      (token) => current() && this.#dial(token),
      (err: unknown) => current() && this.#tokenFailed(err),
    );
  }

  async #getToken(): Promise<string> {
    return (this.#token ??= await this.#options.token());
  }

  #tokenFailed(err: unknown): void {
    if (err instanceof Refused) this.#halt({ code: err.code, message: err.message });
    else this.#again(`no token: ${String(err)}`);
  }

  #dial(token: string): void {
    const url = this.#options.urls[this.#url % this.#options.urls.length]!;
    let socket: Socket;
    try {
      socket = new this.#options.socket(url, PROTOCOL);
    } catch (err) {
      this.#again(`cannot open ${url}: ${String(err)}`);
      return;
    }
    this.#enter('opening');
    this.#socket = socket;
    socket.onopen = () => {
      this.#enter('greeting');
      this.#send({ type: 'auth', token });
    };
    socket.onmessage = (e: { data: unknown }) => this.#receive(e.data);
    socket.onclose = (e: { code: number }) => this.#closed(e.code);
    socket.onerror = () => {}; // a close follows
  }

  #welcomed(f: Welcome): void {
    if (f.protocol !== PROTOCOL) throw new BadFrame(`the server speaks ${f.protocol}`);
    const now = this.now();
    this.#welcome = f;
    this.#renewAt = this.#renewal(f, now);
    if (this.#phase !== 'open') {
      this.#enter('open');
      this.#pingAt = now + f.timings.ping_ms;
      for (const follow of this.#follows.values()) this.#subscribe(follow);
    }
    this.#options.welcomed?.(f);
  }

  #renewal(f: Welcome, now: number): number {
    if (f.expires_at === null) return Infinity;
    const life = f.expires_at - f.at; // both by the server's clock
    const before = Math.min(RENEW_BEFORE_MS, life / 5);
    return now + life - before * (1 + this.#timers.random());
  }

  #subscribe(follow: Follow): void {
    follow.refused = false;
    follow.reader.opened(this.timings);
    this.#ask(follow);
  }

  #ask(follow: Follow): void {
    follow.askedAt = this.now();
    this.#send(follow.reader.subscription());
  }

  #send(f: ClientFrame): void {
    this.#socket?.send(JSON.stringify(f));
  }

  // What the server says.

  #receive(data: unknown): void {
    try {
      const f = decodeServer(data);
      if (f) this.#take(f);
    } catch (err) {
      if (!(err instanceof BadFrame)) throw err;
      this.#again(`a frame that is not weer.v1: ${err.message}`); // its content is lost; resume asks for it
    }
    this.#look();
  }

  #take(f: ServerFrame): void {
    switch (f.type) {
      case 'welcome':
        return this.#welcomed(f);
      case 'error':
        return this.#errored(f);
      case 'bye':
        this.#bye = f;
        return;
      default:
        return this.#feedFrame(f);
    }
  }

  #errored(f: ErrorFrame): void {
    const follow = f.feed === undefined ? undefined : this.#follows.get(f.feed);
    if (rowOfCode(f.code)?.close) this.#error = f;
    else if (follow) {
      follow.refused = true;
      this.#options.refused?.(follow.reader, f);
    } else this.#options.trouble?.(`${f.code}: ${f.message}`);
  }

  #feedFrame(f: Reset | Resumed | Event | Beat): void {
    const follow = this.#follows.get(f.feed);
    if (!follow || this.#phase !== 'open') return; // left behind by an unsubscribe
    const now = this.now();
    const step = deliver(follow.reader, f, now);
    if (step.ask) this.#ask(follow);
    if (follow.reader.provedAt === now) this.#failures = 0;
    this.#report(follow.reader, step);
  }

  #report(reader: Reader, step: Step): void {
    if (step.reset || step.changed?.length) this.#options.changed?.(reader, step);
  }

  // The end of a connection, and the next one.

  #closed(close: number): void {
    const row = rowOfClose(close) ?? (this.#error ? rowOfCode(this.#error.code) : undefined);
    const message = this.#error?.message ?? '';
    if (row?.action === 'refresh_token' || row?.action === 'sign_in') this.#token = null;
    if (row?.action === 'sign_in' || row?.action === 'stop') this.#halt({ code: row.code, message });
    else this.#again(`closed: ${row?.code ?? close} ${message}`.trim(), this.#pause(row));
  }

  #pause(row: Row | undefined): number {
    if (this.#bye) return this.#bye.retry_after_ms;
    return row?.action === 'retry_after' ? RETRY_AFTER_MS : 0;
  }

  #again(what: string, pause = 0): void {
    this.#leave('waiting');
    this.#options.trouble?.(what);
    const window = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** this.#failures);
    this.#failures++;
    this.#url++;
    this.#stopWait = this.#timers.after(pause + this.#timers.random() * window, () => this.#connect());
  }

  #halt(halt: Halt): void {
    this.#leave('halted');
    this.#failures++;
    this.#options.halted?.(halt);
  }

  /** Lets go of the socket without waiting for it: a half-open one would take minutes to close. */
  #leave(phase: Phase): void {
    this.#attempt++;
    this.#stopWait?.();
    this.#stopWait = null;
    const socket = this.#socket;
    this.#socket = null;
    this.#renewAt = Infinity;
    this.#enter(phase);
    for (const { reader } of this.#follows.values()) reader.closed();
    if (phase === 'token') this.#bye = this.#error = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.#show();
  }

  // The clock.

  readonly #tick = (): void => {
    this.#stopTick = this.#timers.after(TICK_MS, this.#tick);
    this.#look();
  };

  /**
   * Does what is due. Also called for each frame, because browsers slow the
   * timers of a hidden page down to one a minute, but not its messages.
   */
  #look(): void {
    const now = this.now();
    if (this.#stuck(now)) this.#again('no sign of life');
    if (this.#phase === 'open' && now >= this.#pingAt) {
      this.#pingAt = now + this.timings.ping_ms;
      this.#send({ type: 'ping' });
    }
    if (now >= this.#renewAt) this.#renew(now);
    this.#show();
  }

  #stuck(now: number): boolean {
    const since = (at: number) => now - at >= this.timings.offline_ms;
    switch (this.#phase) {
      case 'token':
      case 'opening':
      case 'greeting':
        return since(this.#phaseAt);
      case 'open':
        return [...this.#follows.values()].some(
          (f) =>
            !f.refused && since(f.reader.waiting ? f.askedAt : Math.max(f.askedAt, f.reader.beatAt ?? 0)),
        );
      default:
        return false;
    }
  }

  #renew(now: number): void {
    this.#renewAt = Infinity; // until welcome, or a failure, says when
    this.#token = null;
    const attempt = this.#attempt;
    const current = () => attempt === this.#attempt;
    this.#getToken().then(
      (token) => current() && this.#send({ type: 'auth', token }),
      (err: unknown) => {
        if (!current()) return;
        this.#options.trouble?.(`no new token: ${String(err)}`);
        if (!(err instanceof Refused)) this.#renewAt = now + BACKOFF_MAX_MS * (1 + this.#timers.random());
      },
    );
  }

  #show(): void {
    const { link, why } = this.link();
    if (link === this.#shown && why === this.#shownWhy) return;
    this.#shown = link;
    this.#shownWhy = why;
    this.#options.linked?.(link, why);
  }
}

function deliver(reader: Reader, f: Reset | Resumed | Event | Beat, now: number): Step {
  switch (f.type) {
    case 'reset':
      return reader.reset(f);
    case 'resumed':
      return reader.resumed(f);
    case 'event':
      return reader.event(f.from, f.to, f.keys);
    case 'beat':
      return reader.beat(f, now);
  }
}
