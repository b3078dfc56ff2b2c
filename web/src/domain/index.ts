/**
 * What a board means for a patient: pure functions of what a reader holds and
 * the clock, the same as in Go (`model`), held by the same golden vectors.
 */
export type { Fact, FactCode, Finding, Fit, Need, Part } from './facts.ts';
export { FACT_CODES, levelOf, readingOf } from './facts.ts';
export { shortName } from './name.ts';
export { isFull, netOf } from './net.ts';
export type { Net, NoNumber } from './net.ts';
export { announced, byHospital, fields, inForce, reportOf, siteOf, text, under } from './parts.ts';
export type { Bag, Parts } from './parts.ts';
export { rank, rankOf } from './rank.ts';
export type { Ranked } from './rank.ts';
export { DEFAULT_WEIGHTS } from './weights.ts';
export type { Weights } from './weights.ts';
export { casesOf, goes, incomingOf, requestsOf } from './request.ts';
export type { Case, Incoming, Request, Triage } from './request.ts';
