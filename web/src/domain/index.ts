/**
 * What a board means for a patient: pure functions of what a reader holds and
 * the clock, the same as in Go (`model`), held by the same golden vectors.
 */
export { isFull, netOf } from './net.ts';
export type { Net, NoNumber } from './net.ts';
export { byHospital, fields, inForce, reportOf } from './parts.ts';
export type { Bag, Parts } from './parts.ts';
