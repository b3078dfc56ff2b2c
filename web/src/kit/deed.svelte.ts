/**
 * One thing that a person does with a press: it is busy, it has failed, or it is
 * done. Pressed again after a failure that tells nothing of what became of it, it
 * is the same command with the same key, so it is carried out once.
 */
import { newId, Problem, UNREACHABLE, type Command } from '../rest/index.ts';

export class Deed<A extends unknown[] = []> {
  busy = $state.raw(false);
  failure = $state.raw<Problem | null>(null);
  readonly #act: (command: Command, ...args: A) => Promise<unknown>;
  #key = '';
  #said = '';

  /** `act` carries it out, with the key in the command that it is given. */
  constructor(act: (command: Command, ...args: A) => Promise<unknown>) {
    this.#act = act;
  }

  /** Whether it succeeded. While it is under way, another press does nothing. */
  readonly run = async (...args: A): Promise<boolean> => {
    if (this.busy) return false;
    this.busy = true;
    this.failure = null;
    const said = JSON.stringify(args);
    if (this.#key === '' || this.#said !== said) [this.#key, this.#said] = [newId(), said];
    try {
      await this.#act({ key: this.#key }, ...args);
      this.#key = '';
      return true;
    } catch (err) {
      this.failure = err instanceof Problem ? err : new Problem(UNREACHABLE, String(err));
      if (this.failure.status !== 0 && this.failure.status < 500) this.#key = '';
      return false;
    } finally {
      this.busy = false;
    }
  };

  /** The failure was read. */
  readonly clear = (): void => {
    this.failure = null;
  };
}
