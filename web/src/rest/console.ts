/**
 * An open console of a hospital proves that a request would be noticed, for as
 * long as it could be: by a lease that it renews. What it proves it asks the page
 * each time, so that nobody has to remember to say what has changed.
 */
import { realTimers, type Timers } from '../feed/index.ts';
import { newId } from './id.ts';
import { call, Problem, UNREACHABLE } from './problem.ts';

/** Whether anybody at a hospital would notice a request, the best first. */
export type Reach = 'audible' | 'visible' | 'open' | 'none';

/** What a console hears of itself. */
export interface ConsoleWord {
  /** Its proof stands. When not, crews see it soon, and whoever sits here has to be told. */
  readonly held: boolean;
  /** What all consoles of the hospital prove together, as it was last heard; null before. */
  readonly reach: Reach | null;
  /** Why it is not held; null while it is. One that is final ends the console. */
  readonly problem: Problem | null;
}

/** What happens to a page: the browser's own, or a test's. */
export interface PageEvents {
  readonly document: EventTarget;
  readonly window: EventTarget;
}

export interface ConsoleOptions {
  /** hpid of the hospital. */
  readonly hospital: string;
  /** A token that is valid now. `over` is one that a server called over: then a newer one is asked for. */
  readonly token: (over?: string) => Promise<string>;
  /** The page is in sight: `document.visibilityState === 'visible'`. */
  readonly visible: () => boolean;
  /** The alarm can be heard: sound runs, is not muted, and passed its test. */
  readonly audible: () => boolean;
  /** It began or ceased to be held, or the hospital's reach is another one. */
  readonly told?: (word: ConsoleWord) => void;
  /** UUID of this window's console; a new one by default. */
  readonly id?: string;
  readonly timers?: Timers;
  readonly page?: PageEvents;
}

export interface HeldConsole {
  readonly id: string;
  /** Something may be audible or not that was otherwise before: says so at once, if it is. */
  changed(): void;
  /** Says it again when that is due. To be called with each frame of the socket: a hidden page's timers are slowed. */
  look(): void;
  /** Takes back what it proved; the console is over. */
  close(): Promise<void>;
}

/** Opens a console. It goes on until it is closed, or its page is left for good. */
export function holdConsole(options: ConsoleOptions): HeldConsole {
  return new Holding(options);
}

/** Before a server has said how often. */
const FIRST_MS = 1_000;

/** How many renewals a lease lasts. */
const LEASE = 3;

class Holding implements HeldConsole {
  readonly id: string;
  readonly #o: ConsoleOptions;
  readonly #timers: Timers;
  readonly #page: PageEvents;
  #token: string | null = null;
  #word: ConsoleWord = { held: false, reach: null, problem: null };
  #renewMs = FIRST_MS;
  #dueAt = 0;
  #said = '';
  #saying: Promise<void> | null = null;
  #away = false;
  #over = false;
  #problem: Problem | null = null;
  #cancel: () => void = () => {};
  #unwatch: () => void = () => {};

  constructor(options: ConsoleOptions) {
    this.#o = options;
    this.id = options.id ?? newId();
    this.#timers = options.timers ?? realTimers();
    this.#page = options.page ?? { document, window };
    this.#page.document.addEventListener('visibilitychange', this.#changed);
    this.#page.window.addEventListener('pagehide', this.#leave);
    this.#page.window.addEventListener('pageshow', this.#back);
    this.#say();
  }

  changed(): void {
    this.#changed();
  }

  readonly #changed = (): void => {
    if (this.#said !== this.#proof()) this.#say();
  };

  look(): void {
    if (this.#timers.now() >= this.#dueAt) this.#say();
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#saying; // what is on its way would be there after the end
    await this.#takeBack();
  }

  /** The page is left, perhaps to come back as it was. There is no time for answers. */
  readonly #leave = (): void => {
    if (this.#over) return;
    this.#away = true;
    this.#cancel();
    void this.#takeBack();
  };

  readonly #back = (): void => {
    if (!this.#away) return;
    this.#away = false;
    this.#say();
  };

  #stop(): void {
    this.#over = true;
    this.#cancel();
    this.#unwatch();
    this.#page.document.removeEventListener('visibilitychange', this.#changed);
    this.#page.window.removeEventListener('pagehide', this.#leave);
    this.#page.window.removeEventListener('pageshow', this.#back);
  }

  get #path(): string {
    return `/hospitals/${encodeURIComponent(this.#o.hospital)}/consoles/${this.id}`;
  }

  /** A lease that cannot be taken back ends by itself. */
  async #takeBack(): Promise<void> {
    if (this.#token === null) return;
    try {
      await call('DELETE', this.#path, { token: this.#token, keepalive: true });
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
    }
  }

  #proof(): string {
    return JSON.stringify({ visible: this.#o.visible(), audible: this.#o.audible() });
  }

  /** Says what can be proved now; what changes meanwhile is said next. */
  #say(): void {
    if (this.#saying || this.#away || this.#over) return;
    this.#cancel();
    this.#saying = this.#prove().finally(() => {
      this.#saying = null;
      this.#plan();
    });
  }

  async #prove(): Promise<void> {
    const began = this.#timers.now();
    const proof = (this.#said = this.#proof());
    try {
      this.#token ??= await this.#o.token();
      this.#hear(began, await call('PUT', this.#path, { token: this.#token, body: JSON.parse(proof) }));
    } catch (err) {
      await this.#fail(asProblem(err));
    }
  }

  #hear(began: number, answer: unknown): void {
    const { reach, renew_ms: renew } = (answer ?? {}) as { reach?: Reach; renew_ms?: unknown };
    if (reach === undefined || !Number.isSafeInteger(renew)) {
      throw new Problem(UNREACHABLE, 'the answer is no lease');
    }
    this.#renewMs = renew as number;
    this.#dueAt = began + this.#renewMs;
    this.#unwatch();
    const left = began + LEASE * this.#renewMs - this.#timers.now();
    this.#unwatch = this.#timers.after(left, () => this.#lost());
    this.#problem = null;
    this.#tell({ held: true, reach, problem: null });
  }

  /** One lost renewal is no news; a lease that nobody renewed is. */
  #lost(): void {
    this.#tell({ ...this.#word, held: false, problem: this.#problem });
  }

  async #fail(problem: Problem): Promise<void> {
    this.#problem = problem;
    const pause = this.#timers.random() * this.#renewMs;
    this.#dueAt = this.#timers.now() + Math.max(problem.retryAfterMs, pause);
    const over = this.#token;
    if (problem.action === 'refresh_token' && over !== null) {
      this.#token = null;
      this.#dueAt = this.#timers.now() + this.#timers.random() * FIRST_MS;
      try {
        this.#token = await this.#o.token(over);
      } catch (err) {
        await this.#fail(asProblem(err));
      }
      return;
    }
    if (problem.final) this.#stop();
    if (problem.final || !this.#word.held) this.#lost();
  }

  /** The next word: at once when the page proves something else, or when it is due. */
  #plan(): void {
    if (this.#away || this.#over) return;
    if (this.#problem === null && this.#said !== this.#proof()) return this.#say();
    const wait = Math.max(0, this.#dueAt - this.#timers.now());
    this.#cancel = this.#timers.after(wait, () => this.#say());
  }

  #tell(word: ConsoleWord): void {
    const before = this.#word;
    const news = before.reach === null || before.held !== word.held || before.reach !== word.reach;
    this.#word = word;
    if (news || before.problem?.code !== word.problem?.code) this.#o.told?.(word);
  }
}

function asProblem(err: unknown): Problem {
  return err instanceof Problem ? err : new Problem(UNREACHABLE, String(err));
}
