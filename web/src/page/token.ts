import { Refused } from '../feed/index.ts';
import { Session } from '../rest/index.ts';

/** How long to wait for a token, in milliseconds. */
const TOKEN_MS = 10_000;

/** The codes of a Refused that a pasted token mends: there is no demo token, or the pasted one is over. */
export const NO_DEMO_TOKEN = 'no_demo_token';
export const PASTED_TOKEN_OVER = 'pasted_token_over';

/**
 * Where the page's tokens come from: one that somebody pasted, the session of
 * whoever signed in, or the demo's, which it gets by itself. A pasted one stays
 * in memory and is handed out once: the client asks again only when it is over.
 * A page that showed a person's session never goes on as the demo's by itself.
 */
export class Tokens {
  readonly session: Session;
  #pasted: { token: string; used: boolean } | null = null;
  #person = false;

  constructor(session: Session = new Session()) {
    this.session = session;
  }

  /** Whether the token in use is of a person's session, also when that is over. */
  get isPerson(): boolean {
    return this.#person && this.#pasted === null;
  }

  /** Whether the token in use was pasted. */
  get isPasted(): boolean {
    return this.#pasted !== null;
  }

  paste(token: string): void {
    this.#pasted = { token: token.trim(), used: false };
  }

  readonly get = async (): Promise<string> => {
    if (!this.#pasted) return this.#person || this.session.held ? this.#ofSession() : demoToken();
    if (this.#pasted.used) throw new Refused(PASTED_TOKEN_OVER, 'the pasted token is over');
    this.#pasted.used = true;
    return this.#pasted.token;
  };

  async #ofSession(): Promise<string> {
    this.#person = true;
    return this.session.forSocket();
  }
}

async function demoToken(): Promise<string> {
  const answer = await fetch('/demo/token', { method: 'POST', signal: AbortSignal.timeout(TOKEN_MS) });
  const refusal = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
  if (refusal) throw new Refused(NO_DEMO_TOKEN, `HTTP ${answer.status}`);
  if (!answer.ok) throw new Error(`POST /demo/token: HTTP ${answer.status}`);
  const { token } = (await answer.json()) as { token?: unknown };
  if (typeof token !== 'string') throw new Error('POST /demo/token: the answer holds no token');
  return token;
}
