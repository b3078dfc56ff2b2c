/**
 * Hospitals in order for a patient, as `Rank` in model/rank.go says and
 * model/testdata/rank.json holds both to.
 */
import type { Entry, Millis, Timings } from '../feed/index.ts';
import { findingOf, type Finding, type Fit, type Judging, type Need } from './facts.ts';
import { byHospital, type Parts } from './parts.ts';
import { DEFAULT_WEIGHTS, type Weights } from './weights.ts';

export interface Ranked extends Finding {
  readonly id: string;
  /** As bad as the worst that is known of its door, its acceptance and its beds. */
  readonly fit: Fit;
  /** In minutes, less is better: the sum over the facts. */
  readonly score: number;
  readonly hasMinutes: boolean;
  /** It says no, and the patient is of KTAS 3 to 5: a screen may leave it out. */
  readonly leftOut: boolean;
}

const FITS: readonly Fit[] = ['no', 'unknown', 'yes'];

function rankedOf(id: string, parts: Parts, j: Judging): Ranked {
  const found = findingOf(id, parts, j);
  const { facts } = found;
  const hard = facts.filter((f) => ['door', 'acceptance', 'beds'].includes(f.part));
  const fit = FITS.find((f) => hard.some((h) => h.fit === f)) ?? 'yes';
  return {
    id,
    fit,
    score: facts.reduce((sum, f) => sum + f.minutes, 0),
    hasMinutes: facts.some((f) => f.code === 'minutes'),
    leftOut: fit === 'no' && (j.need.ktas ?? 0) >= 3,
    ...found,
  };
}

/** What says no comes last, then that to which nobody knows the way, then the score decides, then the id. */
function compare(a: Ranked, b: Ranked): number {
  return (
    Number(a.fit === 'no') - Number(b.fit === 'no') ||
    Number(b.hasMinutes) - Number(a.hasMinutes) ||
    a.score - b.score ||
    (a.id < b.id ? -1 : 1)
  );
}

/** All hospitals of a board, the best first; it hides nothing. */
export const rank = (board: readonly Entry[], ...for_: Asked): Ranked[] => rankOf(byHospital(board), ...for_);

type Asked = [need: Need, now: Millis, timings: Timings, weights?: Weights];

/** The same of hospitals that lie apart already. */
export function rankOf(
  hospitals: ReadonlyMap<string, Parts>,
  ...[need, now, timings, weights = DEFAULT_WEIGHTS]: Asked
): Ranked[] {
  return [...hospitals]
    .filter(([, parts]) => parts.has('hospital'))
    .map(([id, parts]) => rankedOf(id, parts, { need, now, timings, weights }))
    .sort(compare);
}
