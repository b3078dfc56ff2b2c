/** The REST API of the page's own host, as far as pages need it: boards, sessions, reservations, consoles and what goes wrong. */
export { boardOf } from './board.ts';
export { Capacity } from './capacity.ts';
export type { Announcing, Said } from './capacity.ts';
export { holdConsole } from './console.ts';
export type { ConsoleOptions, ConsoleWord, HeldConsole, PageEvents, Reach } from './console.ts';
export { call, Problem, UNREACHABLE } from './problem.ts';
export type { Call, WrongField } from './problem.ts';
export { Reservations } from './reservation.ts';
export type * from './reservation.ts';
export { newId } from './id.ts';
export { lost, Rest } from './rest.ts';
export type { Command } from './rest.ts';
export { DemoSession } from './demo.ts';
export { demoAccounts, Session } from './session.ts';
export type { DemoAccount, Mark, Who } from './session.ts';
