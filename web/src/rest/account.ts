/** Accounts (계정) over REST: a sign-up, which anybody may send, and what administrators decide about it. */
import { call } from './problem.ts';
import { done, type Done } from './reservation.ts';
import { lost, type Command, type Rest } from './rest.ts';

/** Whether an account may sign in: waits, may, was never let in, may not any more. */
export type AccountState = 'pending' | 'active' | 'rejected' | 'blocked';

/** A role, and what it is responsible for. */
export interface Rights {
  readonly role: string;
  /** hpid, of the role hospital. */
  readonly hospital?: string;
  /** 시도 codes: of control all that it looks after, of crew the one that it drives in. */
  readonly regions?: readonly string[];
}

/** An account, as administrators see it. */
export interface Account extends Rights {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly organisation: string;
  readonly certificate?: string;
  readonly state: AccountState;
  /** Why it was rejected or blocked. */
  readonly reason?: string;
  /** The role that the sign-up wanted. */
  readonly wanted: string;
  readonly seen_at: string | null;
  /** Counts changes: a decision is meant for one of them. */
  readonly revision: number;
}

/** What somebody says who wants an account. */
export interface SignUp extends Rights {
  readonly login: string;
  readonly password: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly organisation: string;
  readonly certificate?: string;
}

export interface Accounts {
  readonly items: readonly Account[];
  /** Where the next ones begin; null at the end. */
  readonly next: string | null;
}

export interface AccountQuery {
  readonly state?: AccountState;
  /** Part of a login, a name or an organisation. */
  readonly text?: string;
  /** `next` of the page before. */
  readonly after?: string;
  readonly limit?: number;
  readonly newestFirst?: boolean;
}

/** Asks for an account. Throws a Problem, whose fields are all that was wrong. */
export async function signUp(said: SignUp, { key }: Command = {}): Promise<void> {
  const answer = await call('POST', '/users', key === undefined ? { body: said } : { body: said, key });
  if (((answer ?? {}) as Fields)['state'] !== 'pending') throw lost('sign-up');
}

/** The operations of administrators. A command is meant for the account as it was shown. */
export class AccountDesk {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  list({ state, text, after, limit = 20, newestFirst = false }: AccountQuery = {}): Promise<Accounts> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (state !== undefined) query.set('state', state);
    if (text) query.set('q', text);
    if (after !== undefined) query.set('cursor', after);
    if (newestFirst) query.set('sort', '-created_at');
    return this.#rest.get(`/users?${query}`, accountsOf);
  }

  get(id: string): Promise<Account> {
    return this.#rest.get(of(id), accountOf);
  }

  /** Lets a sign-up in with what it is shown to get. */
  approve(a: Account, c?: Command): Promise<Done<Account>> {
    const { role, hospital, regions } = a;
    const rights = { role, ...(hospital ? { hospital } : {}), ...(regions?.length ? { regions } : {}) };
    return this.#decide(a, 'approve', { rights }, c);
  }

  /** Turns a sign-up away, for a reason that the person is told. */
  reject(a: Account, reason: string, c?: Command): Promise<Done<Account>> {
    return this.#decide(a, 'reject', { reason }, c);
  }

  /** Takes an account's rights back, everywhere and at once. */
  block(a: Account, reason: string, c?: Command): Promise<Done<Account>> {
    return this.#decide(a, 'block', { reason }, c);
  }

  unblock(a: Account, c?: Command): Promise<Done<Account>> {
    return this.#decide(a, 'unblock', undefined, c);
  }

  /** What a hospital is called. */
  hospitalName(id: string): Promise<string> {
    return this.#rest.get(`/hospitals/${encodeURIComponent(id)}`, (answer) => {
      const { name } = (answer ?? {}) as Fields;
      if (typeof name !== 'string') throw lost('hospital');
      return name;
    });
  }

  #decide(a: Account, step: string, body: unknown, c: Command = {}): Promise<Done<Account>> {
    const read = (answer: unknown) => done(answer, accountOf(answer));
    const ifMatch = `"${a.revision}"`;
    return this.#rest.command('POST', `${of(a.id)}/${step}`, body, read, { ...c, ifMatch });
  }
}

type Fields = Record<string, unknown>;

const of = (id: string): string => `/users/${encodeURIComponent(id)}`;

function accountsOf(answer: unknown): Accounts {
  const { items, next } = (answer ?? {}) as Fields;
  if (!Array.isArray(items)) throw lost('list');
  return { items: items.map(accountOf), next: typeof next === 'string' ? next : null };
}

function accountOf(v: unknown): Account {
  const { id, login, state, revision } = (v ?? {}) as Fields;
  const whole = typeof id === 'string' && typeof login === 'string' && typeof state === 'string';
  if (!whole || !Number.isSafeInteger(revision)) throw lost('account');
  return v as Account;
}
