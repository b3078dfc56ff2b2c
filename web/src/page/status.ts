/** The one sentence above the table: what stops the page, then what every screen says. */
import { linkNoteOf, signedOutText, type Line, type LinkStatus } from '../kit/status.ts';
import type { Dictionary } from './i18n.ts';

export interface Status extends LinkStatus {
  /** The code for which the client stopped, or the server refused the region. */
  readonly halted: string | null;
  /** The code for which a person's session is over. */
  readonly signedOut: string | null;
  /** The server did not answer to a sign-out. */
  readonly signOutFailed: boolean;
  /** A person has to bring a token. */
  readonly signIn: boolean;
  readonly refused: string | null;
}

/** The sentence that matters most: what stops us, then the link, then the collection. */
export function noteOf(d: Dictionary, s: Status): Line {
  if (s.signedOut !== null) return { level: 'no', shape: 'cross', text: signedOutText(d, s.signedOut) };
  if (s.signOutFailed) return { level: 'no', shape: 'cross', text: d.signOutFailed };
  if (s.signIn) return { level: 'no', shape: 'cross', text: d.signIn.title };
  if (s.halted !== null) return { level: 'no', shape: 'cross', text: d.halted(s.halted) };
  if (s.refused !== null) return { level: 'no', shape: 'cross', text: d.refused(s.refused) };
  return linkNoteOf(d, s);
}
