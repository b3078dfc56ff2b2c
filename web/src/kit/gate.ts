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
/** So long somebody who was here before waits for the server at the gate. */
const PATIENCE_MS = 3_000;

/** The name under which a page of this address keeps what it remembers. */
const placeOf = (): string => new URLSearchParams(location.search).get('as') ?? '';

export const nameOf = (what: string): string => `${what}:${location.pathname}:${placeOf()}`;

/** Puts down whose session it is, for a start without a network. */
export async function rememberWho({ who }: Session): Promise<void> {
  if (who !== null) await remember(nameOf(WHO), who);
}

const later = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/**
 * The session, and whose it is. Without a network, or on one that gives no answer
 * soon, it is whoever was signed in here last; the session begins as soon as there
 * is a network. A Problem: nobody can be let in now, and why.
 */
export async function enter(): Promise<Entered | null> {
  const as = placeOf();
  const session = as === '' ? new Session() : new DemoSession(as);
  if (!session.held) return toLogin();
  try {
    const asked = session.token();
    asked.catch(() => {}); // whoever did not wait for it asks again
    const last = await recall<Who>(nameOf(WHO));
    await (last === null ? asked : Promise.race([asked, later(PATIENCE_MS)]));
    if (session.who === null) return { session, who: last! };
    await rememberWho(session);
    return { session, who: session.who };
  } catch (err) {
    if (!(err instanceof Problem)) throw err;
    if (err.action === 'sign_in') {
      await forgetAll();
      return toLogin();
    }
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
