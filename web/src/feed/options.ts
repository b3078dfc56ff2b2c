/** What a client is given: where, with which token, over which socket, and whom to tell. */
import { steadyClock } from './clock.ts';
import type { ErrorFrame, Welcome } from './frames.ts';
import type { Link, Reader, Step, Why } from './reader.ts';

/** What the client uses of a WebSocket: the browser's own, or that of the npm package `ws`. */
export interface Socket {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(): void;
}

export type SocketConstructor = new (url: string, protocol: string) => Socket;

/** Time and chance, so that a test can hold both. */
export interface Timers {
  /** A local clock that never goes back, in milliseconds. */
  now(): number;
  /** From 0 to below 1. */
  random(): number;
  /** Calls once, ms from now; returns what cancels it. */
  after(ms: number, call: () => void): () => void;
}

/** Timers of the platform. */
export function realTimers(): Timers {
  return {
    now: steadyClock(),
    random: Math.random,
    after(ms, call) {
      const id = setTimeout(call, ms);
      return () => clearTimeout(id);
    },
  };
}

/** Thrown by a token function when asking again would not help: a person has to do something. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Why a client stopped by itself. */
export interface Halt {
  /** A code of the table, or that of a Refused. */
  readonly code: string;
  readonly message: string;
}

export interface ClientOptions {
  /** The socket's addresses, best first; after each connection that ends the next one is tried. */
  readonly urls: readonly string[];
  /** Gets a token. A failure is tried again with back-off, a Refused stops the client. */
  readonly token: () => Promise<string>;
  readonly socket: SocketConstructor;
  readonly timers?: Timers;
  /** A frame or an answer changed what a reader shows. */
  readonly changed?: (reader: Reader, step: Step) => void;
  /** The worst link state of all followed feeds is another one. */
  readonly linked?: (link: Link, why: Why) => void;
  /** Welcome came, at the start of a connection or for a renewed token. */
  readonly welcomed?: (welcome: Welcome) => void;
  /** The server refused a feed; the connection and the other feeds stay. */
  readonly refused?: (reader: Reader, error: ErrorFrame) => void;
  /** The client stopped by itself; `start()` tries again. */
  readonly halted?: (halt: Halt) => void;
  /** A connection ended or a frame could not be read; the client goes on. For logs. */
  readonly trouble?: (what: string) => void;
}
