/**
 * A scripted server of weer.v1 for the tests of this folder: one process, no
 * database, invented hospitals. It answers as the protocol says and no better;
 * whether the real server does is proved against the real server.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { Digest } from '../src/feed/digest.ts';
import { DEFAULT_TIMINGS } from '../src/feed/timings.ts';

interface FakeEntry {
  key: string;
  seq: number;
  gone?: true;
  value?: unknown;
}

interface FakeEvent {
  from: number;
  to: number;
  keys: FakeEntry[];
}

/** A feed as a server keeps it: log, live keys, digest. */
class FakeFeed {
  readonly name: string;
  readonly log: FakeEvent[] = [];
  readonly keys = new Map<string, FakeEntry>();

  constructor(name: string) {
    this.name = name;
  }

  get seq(): number {
    return this.log.length;
  }

  get digest(): string {
    const d = new Digest();
    for (const e of this.keys.values()) d.add(e.key, e.seq);
    return d.toString();
  }

  /** Sets keys; a value of undefined removes one. */
  set(values: Record<string, unknown>): FakeEvent {
    const seq = this.seq + 1;
    const keys = Object.entries(values).map(([key, value]): FakeEntry => {
      if (value === undefined) return { key, seq, gone: true };
      return { key, seq, value };
    });
    for (const e of keys) {
      if (e.gone) this.keys.delete(e.key);
      else this.keys.set(e.key, e);
    }
    const event = { from: seq, to: seq, keys };
    this.log.push(event);
    return event;
  }
}

interface SimChange {
  readonly hospital: string;
  readonly items?: Record<string, number>;
  readonly message?: { readonly text: string };
  readonly lift?: string;
}

export interface FakeOptions {
  /** Serves the built page from here. */
  readonly dist?: string;
  readonly mode?: 'simulated' | 'real';
  readonly beatMs?: number;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export class FakeServer {
  readonly epoch = 'fa4e000000000001';
  readonly feeds = new Map<string, FakeFeed>();
  /** Tokens that auth accepts; each POST /demo/token adds one. */
  readonly tokens = new Set<string>();
  completeAt = Date.now();
  intervalMs = 300_000;
  /** Adds this to each digest that is sent. */
  lie = false;

  readonly #options: FakeOptions;
  readonly #http: Server;
  readonly #ws: WebSocketServer;
  readonly #subscribed = new Map<WebSocket, Set<string>>();
  readonly #beats: NodeJS.Timeout;

  constructor(options: FakeOptions = {}) {
    this.#options = options;
    this.#http = createServer((req, res) => void this.#serve(req, res));
    this.#ws = new WebSocketServer({ server: this.#http, path: '/ws' });
    this.#ws.on('connection', (socket) => this.#greet(socket));
    this.#beats = setInterval(() => this.#beatAll(), options.beatMs ?? DEFAULT_TIMINGS.beat_ms);
  }

  /** Listens on a free port of 127.0.0.1 (or the given one) and returns the address, http://… */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((done) => this.#http.listen(port, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    clearInterval(this.#beats);
    this.cut();
    this.#http.closeAllConnections();
    await new Promise((done) => this.#http.close(done));
  }

  /** Cuts every socket without a word. */
  cut(): void {
    for (const socket of this.#ws.clients) socket.terminate();
  }

  /** Closes every socket with a code of the table. */
  closeAll(code: number): void {
    for (const socket of this.#ws.clients) socket.close(code);
  }

  feed(name: string): FakeFeed {
    let f = this.feeds.get(name);
    if (!f) this.feeds.set(name, (f = new FakeFeed(name)));
    return f;
  }

  /** Sets keys of a feed and tells who follows it. */
  set(name: string, values: Record<string, unknown>): void {
    const event = this.feed(name).set(values);
    for (const [socket, feeds] of this.#subscribed) {
      if (feeds.has(name)) say(socket, { type: 'event', feed: name, ...event });
    }
  }

  #greet(socket: WebSocket): void {
    socket.once('message', (data) => {
      const frame = parse(data);
      if (frame.type !== 'auth' || !this.tokens.has(frame.token ?? '')) return socket.close(4402);
      this.#welcome(socket);
      this.#subscribed.set(socket, new Set());
      socket.on('message', (more) => this.#hear(socket, parse(more)));
      socket.on('close', () => this.#subscribed.delete(socket));
    });
  }

  #welcome(socket: WebSocket): void {
    const now = Date.now();
    say(socket, {
      type: 'welcome',
      protocol: 'weer.v1',
      build: 'fake',
      mode: this.#options.mode ?? 'simulated',
      epoch: this.epoch,
      at: iso(now),
      subject: 'demo',
      role: 'viewer',
      expires_at: iso(now + 600_000),
      limits: { frame_bytes: 4096, subscriptions: 64, frames_per_sec: 10, frames_burst: 100 },
      timings: DEFAULT_TIMINGS,
      sources: this.#sources(),
    });
  }

  #hear(socket: WebSocket, frame: Heard): void {
    const feeds = this.#subscribed.get(socket)!;
    switch (frame.type) {
      case 'auth':
        return this.#welcome(socket);
      case 'subscribe':
        feeds.add(frame.feed!);
        this.#answer(socket, frame);
        return this.#beat(socket, frame.feed!);
      case 'unsubscribe':
        feeds.delete(frame.feed!);
        return;
      case 'ping':
        for (const name of feeds) this.#beat(socket, name);
    }
  }

  #answer(socket: WebSocket, { feed: name, epoch, seq }: Heard): void {
    const feed = this.feed(name!);
    const place = { feed: name, epoch: this.epoch };
    if (epoch === this.epoch && seq !== undefined && seq <= feed.seq) {
      say(socket, { type: 'resumed', ...place, seq });
      for (const event of feed.log.slice(seq)) say(socket, { type: 'event', feed: name, ...event });
      return;
    }
    const keys = [...feed.keys.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    say(socket, { type: 'reset', ...place, seq: feed.seq, digest: feed.digest, reason: 'asked', keys });
  }

  #beat(socket: WebSocket, name: string): void {
    const feed = this.feed(name);
    const now = iso(Date.now());
    say(socket, {
      type: 'beat',
      feed: name,
      epoch: this.epoch,
      seq: feed.seq,
      digest: this.lie ? 'badbadbadbadbad0' : feed.digest,
      at: now,
      verified_at: now,
      sources: this.#sources(),
    });
  }

  #beatAll(): void {
    for (const [socket, feeds] of this.#subscribed) for (const name of feeds) this.#beat(socket, name);
  }

  #sources() {
    return { 'egen.beds': { complete_at: iso(this.completeAt), interval_ms: this.intervalMs } };
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = new URL(req.url ?? '/', 'http://fake').pathname;
    if (req.method === 'POST' && path === '/demo/token') return this.#demoToken(res);
    if (req.method === 'POST' && path === '/sim/set') return this.#simSet(req, res);
    await this.#file(path === '/' ? '/index.html' : path, res);
  }

  #demoToken(res: ServerResponse): void {
    if (this.#options.mode === 'real') return json(res, 404, { code: 'not_found' });
    const token = `demo-${this.tokens.size + 1}`;
    this.tokens.add(token);
    json(res, 200, { token, expires_at: iso(Date.now() + 600_000) });
  }

  /** Moves items of a hospital, posts a message or lifts one by its text, as the simulator does. */
  async #simSet(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const change = JSON.parse(Buffer.concat(chunks).toString()) as SimChange;
    for (const feed of this.feeds.values()) {
      if (!feed.keys.has(`${change.hospital}/hospital`)) continue;
      if (change.items) this.#simItems(feed, change.hospital, change.items);
      if (change.message) this.#simMessage(feed, change.hospital, change.message.text, false);
      if (change.lift) this.#simMessage(feed, change.hospital, change.lift, true);
    }
    json(res, 200, {});
  }

  #simItems(feed: FakeFeed, hospital: string, items: Record<string, number>): void {
    const key = `${hospital}/er`;
    const held = (feed.keys.get(key)?.value ?? {}) as Record<string, object>;
    const moved = Object.entries(items).map(([code, value]) => [
      code,
      { ...held[code], state: 'known', value },
    ]);
    const now = iso(Date.now());
    this.set(feed.name, {
      [key]: { ...held, ...Object.fromEntries(moved) },
      [`${hospital}/egen`]: { observed_at: now, received_at: now },
    });
  }

  #simMessage(feed: FakeFeed, hospital: string, text: string, lifted: boolean): void {
    const key = `${hospital}/msg/${Buffer.from(text).toString('hex').padEnd(16, '0').slice(0, 16)}`;
    const now = iso(Date.now());
    this.set(feed.name, { [key]: { kind: 'er', text, lifted, starts_at: now, ends_at: null, since: now } });
  }

  async #file(path: string, res: ServerResponse): Promise<void> {
    if (!this.#options.dist) return json(res, 404, { code: 'not_found' });
    try {
      const body = await readFile(join(this.#options.dist, normalize(path)));
      res.writeHead(200, {
        'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
        'Content-Security-Policy': "default-src 'self'",
        'Cache-Control': 'no-cache',
      });
      res.end(body);
    } catch {
      json(res, 404, { code: 'not_found' });
    }
  }
}

interface Heard {
  type: string;
  token?: string;
  feed?: string;
  epoch?: string;
  seq?: number;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const parse = (data: unknown): Heard => JSON.parse(String(data)) as Heard;

function say(socket: WebSocket, frame: object): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
}

function json(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify(body));
}
