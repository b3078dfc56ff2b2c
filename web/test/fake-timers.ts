import type { Timers } from '../src/feed/options.ts';

/** Time that moves only when a test says so, and chance that is always the same. */
export class FakeTimers implements Timers {
  chance = 0.5;
  #now = 1_000;
  #queue: { at: number; call: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#queue.push(timer);
    return () => {
      this.#queue = this.#queue.filter((t) => t !== timer);
    };
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Lets time pass; what falls due is called in order, promises settle in between. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const due = this.#queue.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#queue = this.#queue.filter((t) => t !== due);
      this.#now = Math.max(this.#now, due.at);
      due.call();
    }
    this.#now = end;
    await settle();
  }
}

/** Waits until every promise that can settle now has. */
export const settle = (): Promise<void> => new Promise((done) => setImmediate(done));
