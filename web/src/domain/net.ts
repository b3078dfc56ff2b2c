/**
 * What is left of an item for the next patient, as `NetOf` in model/net.go says
 * and model/testdata/net.json holds both to.
 */
import { freshnessOf } from '../feed/index.ts';
import type { Millis, Timings } from '../feed/index.ts';
import { fields } from './parts.ts';

/** Why there is no number: unusable, not said, not there, of no time, or too old. */
export type NoNumber = 'unknown' | 'not_reported' | 'not_offered' | 'undated' | 'withdrawn';

/**
 * `free` is value − held, negative when over; `contested` what is left of it if
 * everybody who asks hears yes. A patient on the way has one of the held beds,
 * so the bed goes off once.
 */
export type Net =
  | { readonly state: 'known'; readonly free: number; readonly contested: number }
  | { readonly state: NoNumber };

/** How many are counted: none where nothing is said or less than nothing, NaN where it is no number. */
function count(v: unknown): number {
  if (v === undefined) return 0;
  return Number.isInteger(v) ? Math.max(v as number, 0) : NaN;
}

function standing(reading: unknown, observed: Millis | null, now: Millis, t: Timings): Net['state'] {
  const { state, value } = fields(reading);
  if (reading === undefined || state === 'not_reported') return 'not_reported';
  if (state === 'not_offered') return 'not_offered';
  if (state !== 'known' || !Number.isInteger(value)) return 'unknown';
  if (observed === null || observed - now > t.future_skew_ms) return 'undated';
  return freshnessOf(t, observed, now) === 'withdrawn' ? 'withdrawn' : 'known';
}

/**
 * Of a reading as in `/er` and the item's part of `/load`; `observed` is that of
 * the number, of a corrected one that of the person's word. A load that is none
 * makes the number unknown: it might be somebody's bed.
 */
export function netOf(
  reading: unknown,
  observed: Millis | null,
  load: unknown,
  now: Millis,
  t: Timings,
): Net {
  const state = standing(reading, observed, now, t);
  if (state !== 'known') return { state };
  const { held, asked } = fields(load);
  const free = (fields(reading)['value'] as number) - count(held);
  const contested = free - count(asked);
  return Number.isNaN(contested) ? { state: 'unknown' } : { state, free, contested };
}

/** Whether it is known that nothing is left: only this speaks against asking. */
export const isFull = (n: Net): boolean => n.state === 'known' && n.free <= 0;
