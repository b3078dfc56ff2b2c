/**
 * A link to the server that can be cut, frozen and slowed down: a proxy for TCP on a
 * port of its own. A browser's own "offline" leaves open sockets alone; this does not.
 *
 *     const l = await openLink(url);
 *     await page.goto(l.url);
 *     l.cut();
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Bytes on their way, which arrive in their order however the delay changes. */
class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delayMs: () => number;
  #last: Promise<void> = Promise.resolve();

  constructor(from: Socket, to: Socket, delayMs: () => number) {
    this.#from = from;
    this.#to = to;
    this.#delayMs = delayMs;
    from.on('data', (bytes) => this.#later(() => to.write(bytes)));
    from.on('end', () => this.#later(() => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => this.#later(() => to.destroy()));
  }

  #later(act: () => void): void {
    const ms = this.#delayMs();
    const due = ms === 0 ? undefined : new Promise<void>((done) => setTimeout(done, ms));
    this.#last = this.#last.then(() => due).then(() => void (this.#to.destroyed || act()));
  }

  freeze(): void {
    this.#from.pause();
  }

  heal(): void {
    this.#from.resume();
  }
}

interface Pair {
  readonly ends: readonly [Socket, Socket];
  readonly ways: readonly [Way, Way];
}

export class Link {
  readonly #server: Server;
  readonly #to: URL;
  readonly #pairs = new Set<Pair>();
  #state: 'whole' | 'cut' | 'frozen' = 'whole';
  #delayMs = 0;

  constructor(server: Server, to: URL) {
    this.#server = server;
    this.#to = to;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** Where the browser goes instead of the server. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #accept(near: Socket): void {
    near.on('error', () => near.destroy());
    if (this.#state === 'cut') {
      near.resetAndDestroy(); // the port stays ours, so it is not refused but reset
      return;
    }
    const far = connect(Number(this.#to.port), this.#to.hostname);
    const delay = () => this.#delayMs;
    const pair: Pair = { ends: [near, far], ways: [new Way(near, far, delay), new Way(far, near, delay)] };
    this.#pairs.add(pair);
    near.on('close', () => this.#pairs.delete(pair));
    if (this.#state === 'frozen') for (const way of pair.ways) way.freeze();
  }

  /** Ends every connection, as when an aerial is torn off, and lets none through. */
  cut(): void {
    this.#state = 'cut';
    for (const { ends } of this.#pairs) for (const end of ends) end.resetAndDestroy();
  }

  /** Connections stay and begin, but nothing comes through: the dead zone that looks like a network. */
  freeze(): void {
    this.#state = 'frozen';
    for (const { ways } of this.#pairs) for (const way of ways) way.freeze();
  }

  /** Everything takes so much longer from now on, in each direction. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** All is well again, without a delay; what was frozen comes through. */
  heal(): void {
    this.#state = 'whole';
    this.#delayMs = 0;
    for (const { ways } of this.#pairs) for (const way of ways) way.heal();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((done) => this.#server.close(done));
  }
}

/** Opens a link to a server, http://…, on a free port of this machine. */
export async function openLink(to: string): Promise<Link> {
  const server = createServer();
  const link = new Link(server, new URL(to));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return link;
}
