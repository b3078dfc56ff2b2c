/**
 * The boards of a screen as they were proved last, over a reload without a network.
 * Each time of the server's is told with this machine's beside it, so that an age is
 * right also where the machine's clock is not.
 */
import type { Millis, Welcome, Whole } from '../feed/index.ts';
import { recall, remember } from './store.ts';

/** Older than a day they help nobody; and what lies in a browser's store should not lie there for long. */
const LONGEST_MS = 24 * 3_600_000;
/** A clock that was set back by more has lost how old they are. */
const SET_BACK_MS = 60_000;

export interface Kept {
  /** When, by the server's clock. */
  readonly at: Millis;
  /** The same moment by this machine's. */
  readonly local: Millis;
  readonly mode: Welcome['mode'] | null;
  readonly boards: readonly Whole[];
}

export const keep = (name: string, kept: Kept): Promise<void> => remember(name, kept);

/** What was kept, if it is still worth being shown. */
export async function recallKept(name: string): Promise<Kept | null> {
  const kept = await recall<Kept>(name);
  if (kept === null || !(Date.now() - kept.local <= LONGEST_MS)) return null;
  return kept.local - Date.now() > SET_BACK_MS ? null : kept;
}
