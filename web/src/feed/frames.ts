/**
 * The frames of weer.v1 and how a client reads them.
 *
 * What arrives is checked before it may touch a board: a frame with a missing
 * field or one of the wrong type is refused whole, because a half-understood
 * event would be a wrong number on a screen. Fields that are not known are
 * ignored and so are types that are not known: a newer server may say more.
 */

/** The WebSocket subprotocol. */
export const PROTOCOL = 'weer.v1';

/** Milliseconds since 1970 UTC. On the wire RFC 3339; null: no moment is known. */
export type Millis = number;

/** A versioned key. Gone entries are tombstones and have no value. */
export interface Entry {
  readonly key: string;
  readonly seq: number;
  readonly gone?: boolean;
  readonly value?: unknown;
}

/** What decides when a display may call itself live, and a value fresh; all in milliseconds. */
export interface Timings {
  readonly beat_ms: number;
  readonly live_ms: number;
  readonly offline_ms: number;
  readonly ping_ms: number;
  readonly silent_ms: number;
  readonly disproof_ms: number;
  readonly fresh_ms: number;
  readonly ageing_ms: number;
  readonly stale_ms: number;
  readonly future_skew_ms: number;
}

/** A supplier of observations and its last complete poll. */
export interface Source {
  readonly complete_at: Millis | null;
  readonly interval_ms: number;
}

export type Sources = Readonly<Record<string, Source>>;

/** Any frame of a client. Epoch and seq are the cursor to resume from, always together. */
export type ClientFrame =
  | { type: 'auth'; token: string }
  | { type: 'subscribe'; feed: string; epoch?: string; seq?: number; cause?: string }
  | { type: 'unsubscribe'; feed: string }
  | { type: 'ack'; feed: string; acks: readonly Ack[] }
  | { type: 'ping' };

/** How far one request of a hospital's feed has come to the people there. */
export interface Ack {
  readonly id: string;
  readonly rung: 'pushed' | 'shown' | 'sounded' | 'opened';
}

/** How many requests one ack frame speaks of. */
export const MAX_ACKS = 32;

export type SubscribeFrame = Extract<ClientFrame, { type: 'subscribe' }>;

/** Answers auth, also when a token is renewed in band. */
export interface Welcome {
  readonly type: 'welcome';
  readonly protocol: string;
  readonly build: string;
  readonly mode: 'simulated' | 'real';
  readonly epoch: string;
  readonly at: Millis;
  readonly subject: string;
  readonly role: string;
  readonly expires_at: Millis | null;
  readonly timings: Timings;
  readonly sources: Sources;
}

/** The whole state; the reader discards all that it held. */
export interface Reset {
  readonly type: 'reset';
  readonly feed: string;
  readonly epoch: string;
  readonly seq: number;
  readonly digest: string;
  readonly reason: string;
  readonly keys: readonly Entry[];
}

/** The history goes on from the client's cursor. */
export interface Resumed {
  readonly type: 'resumed';
  readonly feed: string;
  readonly epoch: string;
  readonly seq: number;
}

/** Takes a reader from `from − 1` to `to`. */
export interface Event {
  readonly type: 'event';
  readonly feed: string;
  readonly from: number;
  readonly to: number;
  readonly keys: readonly Entry[];
}

/** Stands directly behind the events up to the feed's head, so it proves or disproves the board. */
export interface Beat {
  readonly type: 'beat';
  readonly feed: string;
  readonly epoch: string;
  readonly seq: number;
  readonly digest: string;
  readonly at: Millis | null;
  readonly verified_at: Millis | null;
  readonly unproved: boolean;
  readonly sources: Sources;
}

/** A fault that leaves the connection open, or stands before a close with the same code. */
export interface ErrorFrame {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly feed?: string;
}

/** Announces the close of a draining node. */
export interface Bye {
  readonly type: 'bye';
  readonly code: string;
  readonly retry_after_ms: number;
}

export type ServerFrame = Welcome | Reset | Resumed | Event | Beat | ErrorFrame | Bye;

/** A frame of the server that is not what weer.v1 says; the message names the field. */
export class BadFrame extends Error {
  override readonly name = 'BadFrame';
}

type Bag = Record<string, unknown>;

function bag(v: unknown, name: string): Bag {
  if (typeof v !== 'object' || v === null || Array.isArray(v)) throw new BadFrame(`${name} is no object`);
  return v as Bag;
}

function text(o: Bag, name: string): string {
  const v = o[name];
  if (typeof v !== 'string') throw new BadFrame(`${name} is no text`);
  return v;
}

function optional<K extends string>(o: Bag, name: K): Partial<Record<K, string>> {
  return o[name] === undefined ? {} : ({ [name]: text(o, name) } as Partial<Record<K, string>>);
}

/** A whole number from 0 to 2⁵³ − 1: the numbers that JavaScript and Go agree on. */
function count(o: Bag, name: string): number {
  const v = o[name];
  if (!Number.isSafeInteger(v) || (v as number) < 0) throw new BadFrame(`${name} is no number of weer.v1`);
  return v as number;
}

function flag(o: Bag, name: string): boolean {
  const v = o[name] ?? false;
  if (typeof v !== 'boolean') throw new BadFrame(`${name} is neither true nor false`);
  return v;
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Reads RFC 3339 in any zone; null for null and for what is no moment. */
export function parseTime(v: unknown): Millis | null {
  if (typeof v !== 'string' || !RFC3339.test(v)) return null;
  const at = Date.parse(v);
  return Number.isNaN(at) ? null : at;
}

function time(o: Bag, name: string): Millis | null {
  if (o[name] === null) return null;
  const at = parseTime(o[name]);
  if (at === null) throw new BadFrame(`${name} is no RFC 3339 time`);
  return at;
}

function moment(o: Bag, name: string): Millis {
  const at = time(o, name);
  if (at === null) throw new BadFrame(`${name} is null`);
  return at;
}

/** 16 hex digits, in the lower case of the server. */
function digest(o: Bag): string {
  const v = text(o, 'digest').toLowerCase();
  if (!/^[0-9a-f]{16}$/.test(v)) throw new BadFrame('digest is not 16 hex digits');
  return v;
}

function entry(v: unknown): Entry {
  const o = bag(v, 'an entry of keys');
  const head = { key: text(o, 'key'), seq: count(o, 'seq') };
  if (flag(o, 'gone')) return { ...head, gone: true };
  return { ...head, value: o['value'] };
}

function entries(o: Bag): Entry[] {
  const v = o['keys'];
  if (!Array.isArray(v)) throw new BadFrame('keys is no list');
  return v.map(entry);
}

function sources(o: Bag): Sources {
  const out: Record<string, Source> = {};
  for (const [name, v] of Object.entries(bag(o['sources'] ?? {}, 'sources'))) {
    const s = bag(v, `sources.${name}`);
    out[name] = { complete_at: time(s, 'complete_at'), interval_ms: count(s, 'interval_ms') };
  }
  return out;
}

const TIMING_NAMES = [
  'beat_ms',
  'live_ms',
  'offline_ms',
  'ping_ms',
  'silent_ms',
  'disproof_ms',
  'fresh_ms',
  'ageing_ms',
  'stale_ms',
  'future_skew_ms',
] as const satisfies readonly (keyof Timings)[];

function timings(o: Bag): Timings {
  const t = bag(o['timings'], 'timings');
  return Object.fromEntries(TIMING_NAMES.map((n) => [n, count(t, n)])) as Record<keyof Timings, number>;
}

function welcome(o: Bag): Welcome {
  const mode = text(o, 'mode');
  if (mode !== 'simulated' && mode !== 'real') throw new BadFrame(`mode ${mode} is not known`);
  return {
    type: 'welcome',
    protocol: text(o, 'protocol'),
    build: text(o, 'build'),
    mode,
    epoch: text(o, 'epoch'),
    at: moment(o, 'at'),
    subject: text(o, 'subject'),
    role: text(o, 'role'),
    expires_at: time(o, 'expires_at'),
    timings: timings(o),
    sources: sources(o),
  };
}

function beat(o: Bag): Beat {
  return {
    type: 'beat',
    ...place(o),
    digest: digest(o),
    at: time(o, 'at'),
    verified_at: time(o, 'verified_at'),
    unproved: flag(o, 'unproved'),
    sources: sources(o),
  };
}

const place = (o: Bag) => ({ feed: text(o, 'feed'), epoch: text(o, 'epoch'), seq: count(o, 'seq') });

const DECODERS: Record<ServerFrame['type'], (o: Bag) => ServerFrame> = {
  welcome,
  beat,
  reset: (o) => ({
    type: 'reset',
    ...place(o),
    digest: digest(o),
    reason: text(o, 'reason'),
    keys: entries(o),
  }),
  resumed: (o) => ({ type: 'resumed', ...place(o) }),
  event: (o) => ({
    type: 'event',
    feed: text(o, 'feed'),
    from: count(o, 'from'),
    to: count(o, 'to'),
    keys: entries(o),
  }),
  error: (o) => ({
    type: 'error',
    code: text(o, 'code'),
    message: text(o, 'message'),
    ...optional(o, 'field'),
    ...optional(o, 'feed'),
  }),
  bye: (o) => ({ type: 'bye', code: text(o, 'code'), retry_after_ms: count(o, 'retry_after_ms') }),
};

/** Reads a frame of the server; null for a type that is not known. Throws BadFrame. */
export function decodeServer(data: unknown): ServerFrame | null {
  if (typeof data !== 'string') throw new BadFrame('frames are JSON text, never binary');
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch {
    throw new BadFrame('the frame is no JSON');
  }
  const o = bag(parsed, 'the frame');
  const type = text(o, 'type');
  return Object.hasOwn(DECODERS, type) ? DECODERS[type as ServerFrame['type']](o) : null;
}
