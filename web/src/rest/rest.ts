/** Calls that are repeated where the table of codes says that this may help. */
import { realTimers, type Timers } from '../feed/index.ts';
import { newId } from './id.ts';
import { call, Problem, UNREACHABLE, type Call } from './problem.ts';

/** The tries of one call; a wait is a random part of a quarter of a second, a half, one, two … seconds. */
const TRIES = 6;
const FIRST_MS = 250;
const LONG_MS = 8_000;

/** A server that asks for more patience is a problem, with what it asked. */
const LONGEST_MS = 30_000;

/** What a command may have beside its body. */
export interface Command {
  /** One for each command, not for each patient; a new one when it is left out. */
  readonly key?: string;
  /** The ETag of the version that a change is meant for. */
  readonly ifMatch?: string;
}

/**
 * Calls operations with the tokens of a function, which is told of the last one
 * that was over. A token is kept until the server calls it over. A command keeps its
 * Idempotency-Key over all tries, so it is carried out once however often an
 * answer is lost. Throws a Problem, or what the token function throws.
 */
export class Rest {
  readonly #token: (over?: string) => Promise<string>;
  readonly #timers: Timers;
  #held: Promise<string> | null = null;
  #over: string | undefined; // the last token that the server called over

  constructor(token: (over?: string) => Promise<string>, timers: Timers = realTimers()) {
    this.#token = token;
    this.#timers = timers;
  }

  /** Reads; `read` makes of the answer what it should be, or throws. */
  get<T>(path: string, read: (answer: unknown) => T): Promise<T> {
    return this.#ask('GET', path, {}, read);
  }

  command<T>(
    method: string,
    path: string,
    body: unknown,
    read: (answer: unknown) => T,
    { key = newId(), ...more }: Command = {},
  ): Promise<T> {
    return this.#ask(method, path, { body, key, ...more }, read);
  }

  async #ask<T>(method: string, path: string, said: Call, read: (answer: unknown) => T): Promise<T> {
    for (let tries = 1; ; tries++) {
      const held = (this.#held ??= this.#fetch());
      try {
        return read(await call(method, path, { ...said, token: await held }));
      } catch (err) {
        if (err instanceof Problem && err.action === 'refresh_token') this.#over = await held;
        const wait = err instanceof Problem && tries < TRIES ? this.#patience(err, tries, held) : null;
        if (wait === null) throw err;
        if (wait > 0) await new Promise<void>((done) => void this.#timers.after(wait, done));
      }
    }
  }

  /** Several calls share one answer of the token function; one that failed is asked again. */
  #fetch(): Promise<string> {
    const held = this.#token(this.#over);
    held.catch(() => this.#drop(held));
    return held;
  }

  #drop(held: Promise<string>): void {
    if (this.#held === held) this.#held = null;
  }

  /** How long to wait before the next try, in milliseconds; null when it would end the same. */
  #patience(problem: Problem, tries: number, held: Promise<string>): number | null {
    const jitter = this.#timers.random() * Math.min(FIRST_MS * 2 ** tries, LONG_MS);
    switch (problem.action) {
      case 'retry':
        return jitter;
      case 'retry_after':
        return problem.retryAfterMs > LONGEST_MS ? null : problem.retryAfterMs + jitter;
      case 'refresh_token':
        this.#drop(held);
        return 0;
      default:
        return null;
    }
  }
}

/** An answer that is not what it should be was lost, like one that never came. */
export function lost(what: string): Problem {
  return new Problem(UNREACHABLE, `the answer is no ${what}`);
}
