/**
 * A small client of weer.v1 without dependencies.
 *
 * `Client` owns the socket, `Reader` decides what is shown and what "live"
 * means, `Digest` proves it. The same machine as in Go (`model/feed`), held by
 * the same golden vectors. See `examples/follow.ts`.
 */
export { Client } from './client.ts';
export { realTimers, Refused } from './options.ts';
export type { ClientOptions, Halt, Socket, SocketConstructor, Timers } from './options.ts';
export { rowOfClose, rowOfCode, TABLE } from './codes.ts';
export type { Action, Row } from './codes.ts';
export { steadyClock } from './clock.ts';
export { Digest } from './digest.ts';
export { BadFrame, decodeServer, parseTime, PROTOCOL } from './frames.ts';
export type * from './frames.ts';
export { Reader, worse } from './reader.ts';
export type { Answer, Link, Step, Whole, Why } from './reader.ts';
export { State } from './state.ts';
export { DEFAULT_TIMINGS, freshnessOf, isLate } from './timings.ts';
export type { Freshness } from './timings.ts';
