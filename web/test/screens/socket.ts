/** The server's end of a screen's socket, by hand. */
import { Digest } from '../../src/feed/digest.ts';
import { DEFAULT_TIMINGS } from '../../src/feed/timings.ts';

export const EPOCH = '0123456789abcdef';

export class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!;
  }

  onopen: (() => void) | null = null;
  onmessage: ((e: { data: string }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: { type: string }[] = [];

  constructor() {
    FakeSocket.all.push(this);
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as { type: string });
  }

  close(): void {}

  says(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** Opens, welcomes, and proves an own state of each feed, at the server's clock. */
  proves(feeds: readonly string[], at: number, build = 'one'): void {
    const now = new Date(at).toISOString();
    this.onopen?.();
    this.says({
      type: 'welcome',
      protocol: 'weer.v1',
      build,
      mode: 'simulated',
      epoch: EPOCH,
      at: now,
      subject: 'x',
      role: 'crew',
      expires_at: null,
      timings: DEFAULT_TIMINGS,
      sources: {},
    });
    for (const feed of feeds) {
      this.says({ type: 'reset', ...wholeOf(feed), reason: 'asked' });
      this.beats(feed, at);
    }
  }

  beats(feed: string, at: number): void {
    const { epoch, seq, digest } = wholeOf(feed);
    const now = new Date(at).toISOString();
    this.says({ type: 'beat', feed, epoch, seq, digest, at: now, verified_at: now, sources: {} });
  }
}

/** The state of every feed here: one key at number one. */
export function wholeOf(feed: string) {
  const digest = new Digest();
  digest.add('k', 1);
  return { feed, epoch: EPOCH, seq: 1, digest: digest.toString(), keys: [{ key: 'k', seq: 1, value: 7 }] };
}
