/**
 * Who may see a screen. A page signs in as a demo account with ?as=demo.crew, of a
 * simulated WeER and in this page alone; else it has the browser's session, or
 * leads to the sign-in page and is come back to.
 */
import { DemoSession, Problem, Session, type Who } from '../rest/index.ts';
import { forgetAll, recall, remember } from './store.ts';

/** Each role's own screen. */
export const HOMES: Readonly<Record<string, string>> = {
  crew: '/ambulance',
  hospital: '/hospital',
  admin: '/admin',
};

/** Where a role goes after signing in. */
export const homeOf = (role: string): string => HOMES[role] ?? '/';

export interface Entered {
  readonly session: Session;
  readonly who: Who;
}

const WHO = 'who';

/** The name under which a page of this address keeps what it remembers. */
const placeOf = (): string => new URLSearchParams(location.search).get('as') ?? '';

export const nameOf = (what: string): string => `${what}:${location.pathname}:${placeOf()}`;

/**
 * The session, and whose it is. Without a network it is whoever was signed in
 * here last. A Problem: nobody can be let in now, and why.
 */
export async function enter(): Promise<Entered | null> {
  const as = placeOf();
  const session = as === '' ? new Session() : new DemoSession(as);
  if (!session.held) return toLogin();
  try {
    await session.token();
    await remember(nameOf(WHO), session.who);
    return { session, who: session.who! };
  } catch (err) {
    if (!(err instanceof Problem)) throw err;
    if (err.action === 'sign_in') return toLogin();
    const who = await recall<Who>(nameOf(WHO));
    if (who === null) throw err;
    return { session, who };
  }
}

/** Ends the session and forgets what this browser remembers of it. Throws a Problem. */
export async function leave(session: Session): Promise<void> {
  await session.signOut();
  await forgetAll();
  toLogin();
}

/** To the sign-in page, which leads back here. */
export function toLogin(): null {
  const here = location.pathname + location.search;
  location.assign(`/login?next=${encodeURIComponent(here)}`);
  return null;
}
