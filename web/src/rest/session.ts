/**
 * Who is signed in on this browser. The refresh token lies in a cookie that no
 * script sees; the access token lives in memory only. A mark in the browser's
 * store says that there may be a cookie, so that a page on which nobody signed in
 * asks for nothing.
 */
import { call, Problem, UNREACHABLE } from './problem.ts';

/** What a session says of its person. */
export interface Who {
  readonly role: string;
  readonly name: string;
}

/** An account that opens a simulated WeER. */
export interface DemoAccount {
  readonly login: string;
  readonly password: string;
  readonly role: string;
}

/** Remembers over pages that somebody signed in. */
export interface Mark {
  get(): boolean;
  set(held: boolean): void;
}

export class Session {
  readonly #mark: Mark;
  #access: string | null = null;
  #who: Who | null = null;
  #refreshing: Promise<string> | null = null;

  constructor(mark: Mark = storedMark()) {
    this.#mark = mark;
  }

  /** Whether somebody signed in here and was not signed out since, as far as this browser knows. */
  get held(): boolean {
    return this.#mark.get();
  }

  /** Who is signed in; null before the first token of this page. */
  get who(): Who | null {
    return this.#who;
  }

  /** Begins a session. Throws a Problem that says why not. */
  async signIn(login: string, password: string): Promise<void> {
    this.#take(await call('POST', '/session', { body: { login, password, cookie: true } }));
    this.#mark.set(true);
  }

  /**
   * Gets a new token; several at once share one. A Problem that is final ends
   * what this page knows of the session.
   */
  refresh(): Promise<string> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  async #refresh(): Promise<string> {
    try {
      return this.#take(await call('POST', '/session/refresh', { body: {} }));
    } catch (err) {
      if (err instanceof Problem && err.final) this.forget();
      throw err;
    }
  }

  /** Ends the session, here and on the server. One that is over already is no failure. */
  async signOut(): Promise<void> {
    try {
      await call('DELETE', '/session', { token: this.#access ?? (await this.refresh()) });
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      if (err.action === 'refresh_token') {
        this.#access = null;
        return this.signOut();
      }
      if (err.action !== 'sign_in') throw err;
    }
    this.forget();
  }

  /** The server ended the session. */
  forget(): void {
    this.#access = null;
    this.#who = null;
    this.#mark.set(false);
  }

  #take(answer: unknown): string {
    const { access_token: token, session } = (answer ?? {}) as {
      access_token?: unknown;
      session?: Partial<Who>;
    };
    if (typeof token !== 'string') throw new Problem(UNREACHABLE, 'the answer holds no token');
    this.#access = token;
    this.#who = { role: session?.role ?? '', name: session?.name ?? '' };
    return token;
  }
}

/** The accounts that anybody may use; none on a real server. */
export async function demoAccounts(): Promise<DemoAccount[]> {
  try {
    const { items } = (await call('GET', '/session/demo')) as { items?: DemoAccount[] };
    return items ?? [];
  } catch (err) {
    if (err instanceof Problem) return [];
    throw err;
  }
}

const STORE = 'weer.session';

/** The mark in the browser's store; where it refuses one, in memory. */
function storedMark(): Mark {
  let held = false;
  return {
    get() {
      try {
        return localStorage.getItem(STORE) !== null;
      } catch {
        return held;
      }
    },
    set(to) {
      held = to;
      try {
        if (to) localStorage.setItem(STORE, '1');
        else localStorage.removeItem(STORE);
      } catch {
        return;
      }
    },
  };
}
