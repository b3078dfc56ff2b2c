/** Where somebody goes who has signed in. */
import { homeOf } from '../kit/gate.ts';
import type { Language } from '../kit/words.ts';

/** Pages for whoever is not signed in lead nowhere after it. */
const BEFORE = ['/login', '/signup'];

/**
 * The path of `?next=`, if it is one of this host. An address of elsewhere would
 * let a link of ours lead a person who has just typed a password to a page that
 * asks for it again. Browsers read \ as /, and overlook tabs and line ends.
 */
export function nextOf(search: string): string | null {
  const said = new URLSearchParams(search).get('next');
  if (said === null || !/^\/(?!\/)[\x21-\x5b\x5d-\x7e\u00a0-\uffff]*$/.test(said)) return null;
  return BEFORE.includes(said.split(/[?#]/)[0]!) ? null : said;
}

/** Takes the language along: English is said, Korean is what nobody has to say. */
export function inLanguage(path: string, language: Language): string {
  const [, place, query, rest] = /^([^?#]*)(\?[^#]*)?(#.*)?$/.exec(path)!;
  const search = new URLSearchParams(query ?? '');
  if (search.get('lang') === language || (language === 'ko' && !search.has('lang'))) return path;
  search.set('lang', language);
  return `${place}?${search}${rest ?? ''}`;
}

/** To what was asked for before, else to the role's own screen. */
export const destination = (role: string, search: string, language: Language): string =>
  inLanguage(nextOf(search) ?? homeOf(role), language);
