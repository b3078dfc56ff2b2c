/**
 * The order of a list that people press: it never moves under a finger, nor for
 * three seconds after, and at most once in five seconds (R10). Another question
 * is another list and stands at once.
 */
export const HELD_MS = 3_000;
export const MOVE_MS = 5_000;

export class Steady {
  #question = '';
  #shown: readonly string[] = [];
  #movedAt = -Infinity;
  #touchedAt = -Infinity;
  #touching = false;

  /** A finger is down, or was lifted, at a time of a clock that never goes back. */
  touch(down: boolean, now: number): void {
    this.#touching = down;
    this.#touchedAt = now;
  }

  /** The ids in the order in which they stand now; `best` is how they should. */
  order(question: string, best: readonly string[], now: number): readonly string[] {
    const same = best.length === this.#shown.length && best.every((id, i) => id === this.#shown[i]);
    if (question === this.#question && same) return this.#shown;
    if (question === this.#question && this.#frozen(now)) return (this.#shown = merge(this.#shown, best));
    this.#question = question;
    this.#movedAt = now;
    return (this.#shown = best);
  }

  #frozen(now: number): boolean {
    return this.#touching || now - this.#touchedAt < HELD_MS || now - this.#movedAt < MOVE_MS;
  }
}

/** What stood there and still is, in its place; what is new, behind. */
function merge(shown: readonly string[], best: readonly string[]): readonly string[] {
  const left = new Set(best);
  const kept = shown.filter((id) => left.delete(id));
  return [...kept, ...left];
}
