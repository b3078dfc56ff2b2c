/** What each fact is worth in minutes of driving: model/rank_weights.go, where each is explained. */
import type { FactCode } from './facts.ts';

export interface Weights {
  readonly no: number;
  readonly announced: number;
  readonly noted: number;
  readonly not_declared: number;
  readonly enough: number;
  readonly per_bed: number;
  readonly scarce: number;
  readonly beds_unknown: number;
  readonly ageing: number;
  readonly stale: number;
  readonly local_centre: number;
  readonly level_unknown: number;
  readonly no_centre: number;
  readonly console_visible: number;
  readonly console_open: number;
  readonly console_none: number;
}

export const DEFAULT_WEIGHTS: Weights = {
  no: 60,
  announced: 10,
  noted: 3,
  not_declared: 15,
  enough: 4,
  per_bed: 2,
  scarce: 10,
  beds_unknown: 25,
  ageing: 3,
  stale: 15,
  local_centre: 3,
  level_unknown: 5,
  no_centre: 10,
  console_visible: 1,
  console_open: 3,
  console_none: 5,
};

/** What it adds that so few beds are left. */
export const scarcity = (w: Weights, left: number): number =>
  Math.min(w.scarce, w.per_bed * Math.max(w.enough - left, 0));

/** What it adds that so many patients are over capacity. */
export const overload = (w: Weights, over: number): number => Math.min(w.scarce, w.per_bed * over);

/** What a level adds for a critical patient; one that nobody says may be a centre's. */
export function levelWeight(w: Weights, level: string): [FactCode, number] {
  if (level === 'G001') return ['regional_centre', 0];
  if (level === 'G006') return ['local_centre', w.local_centre];
  if (level === 'G007' || level === 'G009') return ['no_centre', w.no_centre];
  return ['level_unknown', w.level_unknown];
}

/** What it adds that a request is noticed so. */
export function reachWeight(w: Weights, reach: unknown): [FactCode, number] {
  if (reach === 'audible') return ['console_audible', 0];
  if (reach === 'visible') return ['console_visible', w.console_visible];
  if (reach === 'open') return ['console_open', w.console_open];
  return ['console_none', w.console_none];
}
