import type { Millis, Source, Timings } from './frames.ts';

/** The architecture's constants, valid until `welcome` brings the server's own. */
export const DEFAULT_TIMINGS: Timings = {
  beat_ms: 2_000,
  live_ms: 5_000,
  offline_ms: 12_000,
  ping_ms: 15_000,
  silent_ms: 45_000,
  disproof_ms: 600_000,
  fresh_ms: 600_000,
  ageing_ms: 1_200_000,
  stale_ms: 3_600_000,
  future_skew_ms: 120_000,
};

/** The data state of an observation. A withdrawn one is never shown as a number. */
export type Freshness = 'fresh' | 'ageing' | 'stale' | 'withdrawn';

/**
 * Judges an observation against the server's clock. A moment that is unknown or
 * too far in the future makes the value stale, never fresh.
 */
export function freshnessOf(t: Timings, observed: Millis | null, now: Millis): Freshness {
  if (observed === null) return 'stale';
  const age = now - observed;
  if (age < -t.future_skew_ms) return 'stale';
  if (age <= t.fresh_ms) return 'fresh';
  if (age <= t.ageing_ms) return 'ageing';
  if (age <= t.stale_ms) return 'stale';
  return 'withdrawn';
}

/** Whether a source missed two of its intervals: what every screen shows as "수집 중단". */
export function isLate(s: Source, now: Millis): boolean {
  return s.complete_at === null || now - s.complete_at > 2 * s.interval_ms;
}
