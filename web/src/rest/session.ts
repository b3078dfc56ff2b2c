/**
 * Who is signed in on this browser. The refresh token lies in a cookie that no
 * script sees; the access token lives in memory only. A mark in the browser's
 * store says that there may be a cookie, so that a page on which nobody signed in
 * asks for nothing.
 */
import { Refused } from '../feed/index.ts';
import { call, Problem, UNREACHABLE } from './problem.ts';

/** What a session says of its person. */
export interface Who {
  readonly role: string;
  readonly name: string;
  readonly login: string;
  /** 시도 codes that it is responsible for. */
  readonly regions: readonly string[];
  /** hpid of the hospital whose staff it is; '' of nobody's. */
  readonly hospital: string;
  /** Id of the unit (구급차) that the crew is signed on to; '' of none. */
  readonly unit: string;
}

/** An account that opens a simulated WeER. */
export interface DemoAccount {
  readonly login: string;
  readonly password: string;
  readonly role: string;
  /** Unit that a crew can sign on to. */
  readonly unit?: string;
}

/** Remembers over pages that somebody signed in. */
export interface Mark {
  get(): boolean;
  set(held: boolean): void;
}

export class Session {
  readonly #mark: Mark;
  readonly #cookie: boolean;
  #kept: string | null = null; // the refresh token of a session without a cookie
  #access: string | null = null;
  #who: Who | null = null;
  #refreshing: Promise<string> | null = null;

  /** Without a cookie the refresh token is in memory too, and the session ends with its page. */
  constructor(mark: Mark = storedMark(), cookie = true) {
    this.#mark = mark;
    this.#cookie = cookie;
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
  async signIn(login: string, password: string): Promise<string> {
    const token = this.#take(
      await call('POST', '/session', { body: { login, password, cookie: this.#cookie } }),
    );
    this.#mark.set(true);
    return token;
  }

  /**
   * Gets a new token; several at once share one. A Problem that is final ends
   * what this page knows of the session.
   */
  refresh(): Promise<string> {
    return this.once(() => this.renew());
  }

  /** Several that ask at once share one answer. */
  protected once(ask: () => Promise<string>): Promise<string> {
    this.#refreshing ??= ask().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /** The token at hand, or a new one when that is `over`. */
  readonly token = async (over?: string): Promise<string> => {
    return this.#access !== null && this.#access !== over ? this.#access : this.refresh();
  };

  /** As `Client` takes it: always a new one, and a Problem that is final is a Refused. */
  readonly forSocket = async (): Promise<string> => {
    try {
      return await this.refresh();
    } catch (err) {
      if (err instanceof Problem && err.final) throw new Refused(err.code, err.message);
      throw err;
    }
  };

  protected async renew(): Promise<string> {
    const body = this.#kept === null ? {} : { refresh_token: this.#kept };
    try {
      return this.#take(await call('POST', '/session/refresh', { body }));
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
    this.#kept = null;
    this.#mark.set(false);
  }

  #take(answer: unknown): string {
    const said = (answer ?? {}) as {
      access_token?: unknown;
      refresh_token?: unknown;
      session?: Partial<Who>;
    };
    const { access_token: token, refresh_token: next, session } = said;
    if (typeof token !== 'string') throw new Problem(UNREACHABLE, 'the answer holds no token');
    this.#access = token;
    if (!this.#cookie && typeof next === 'string') this.#kept = next;
    this.#who = { role: '', name: '', login: '', regions: [], hospital: '', unit: '', ...session };
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
