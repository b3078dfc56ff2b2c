/** What went wrong, as a person reads it: with what to do next (R27). A screen that knows better has words of its own. */
import { Problem } from '../rest/index.ts';
import type { Common } from './words.ts';

/** The sentence for a failure; `own` comes first, by code. */
export function failureOf(words: Common, err: unknown, own: Readonly<Record<string, string>> = {}): string {
  const code = err instanceof Problem ? err.code : '';
  return own[code] ?? (words.failed as Record<string, string>)[code] ?? words.failedElse;
}
