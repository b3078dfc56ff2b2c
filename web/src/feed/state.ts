import { Digest } from './digest.ts';
import type { Entry } from './frames.ts';

/** Sorts entries by key; keys are ASCII, so this is the server's order. */
export const byKey = (a: Entry, b: Entry): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** The live keys of one feed at one number, and their digest. Tombstones are not kept. */
export class State {
  #epoch = '';
  #seq = 0;
  #digest = new Digest();
  #entries = new Map<string, Entry>();

  /** The history that the state belongs to; '' before the first load. */
  get epoch(): string {
    return this.#epoch;
  }

  /** The number of the newest event applied. */
  get seq(): number {
    return this.#seq;
  }

  get digest(): string {
    return this.#digest.toString();
  }

  /** Discards everything and takes the entries as the state at seq. */
  load(epoch: string, seq: number, entries: readonly Entry[]): void {
    this.#epoch = epoch;
    this.#seq = seq;
    this.#digest = new Digest();
    this.#entries = new Map();
    for (const e of entries) this.#put(e);
  }

  /**
   * Applies an event and returns the keys that it changed; none when the state
   * already holds it. Returns null, changing nothing, when the event leaves a hole.
   */
  apply(from: number, to: number, entries: readonly Entry[]): string[] | null {
    if (to <= this.#seq) return [];
    if (from > this.#seq + 1) return null;
    const changed: string[] = [];
    for (const e of entries) {
      const held = this.#entries.get(e.key);
      if (held && held.seq >= e.seq) continue;
      this.#put(e);
      changed.push(e.key);
    }
    this.#seq = to;
    return changed;
  }

  #put(e: Entry): void {
    const held = this.#entries.get(e.key);
    if (held) this.#digest.remove(held.key, held.seq);
    if (e.gone) {
      this.#entries.delete(e.key);
      return;
    }
    this.#entries.set(e.key, e);
    this.#digest.add(e.key, e.seq);
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** The live keys, sorted by name. */
  live(): Entry[] {
    return [...this.#entries.values()].sort(byKey);
  }
}
