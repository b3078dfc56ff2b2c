/** Where a display begins before its socket is open. */
import { call, Problem, UNREACHABLE } from './problem.ts';
import type { Entry, Whole } from '../feed/index.ts';

/**
 * A region's whole state, for `Client.follow(feed, from)`, which goes on from it.
 * Throws a Problem. Whether it is whole its digest tells, which the reader computes.
 */
export async function boardOf(region: string, token: string): Promise<Whole> {
  const said = await call('GET', `/regions/${encodeURIComponent(region)}/board`, { token });
  const { feed, epoch, seq, digest, keys } = (said ?? {}) as Record<string, unknown>;
  const named = [feed, epoch, digest].every((v) => typeof v === 'string');
  if (!named || !Number.isSafeInteger(seq) || !Array.isArray(keys) || !keys.every(isEntry)) {
    throw new Problem(UNREACHABLE, 'the answer is no board');
  }
  return { feed, epoch, seq, digest, keys } as Whole;
}

function isEntry(v: unknown): v is Entry {
  const { key, seq } = (v ?? {}) as Record<string, unknown>;
  return typeof key === 'string' && Number.isSafeInteger(seq);
}
