/** Ages in words. */
import type { Link } from '../feed/index.ts';
import type { Common } from './words.ts';

/**
 * The age of something in words that change at most every 10 s: no ticking
 * digits (R16). Rounded down, as a clock is read.
 */
export function ageText(d: Common, ms: number): string {
  const s = Math.floor(ms / 10_000) * 10;
  if (s < 10) return d.justNow;
  if (s < 60) return d.secondsAgo(s);
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return d.minutesAgo(minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? d.hoursAgo(hours) : d.daysAgo(Math.floor(hours / 24));
}

/** How long the board is unproved, on the pill: nothing while live, seconds, then m:ss. */
export function proofAge(d: Common, link: Link, ms: number | null): string {
  if (ms === null || (link !== 'delayed' && link !== 'offline')) return '';
  const s = Math.floor(ms / 1000);
  return s < 60 ? d.seconds(s) : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}
