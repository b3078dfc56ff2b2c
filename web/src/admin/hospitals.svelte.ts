/** Names of hospitals, asked for when they are first shown. */
import { Problem, type AccountDesk } from '../rest/index.ts';

export class HospitalNames {
  readonly #desk: AccountDesk;
  #names = $state.raw<ReadonlyMap<string, string | null>>(new Map());
  readonly #asked = new Set<string>();

  constructor(desk: AccountDesk) {
    this.#desk = desk;
  }

  /** Undefined while it is not known; null: there is no such hospital. */
  of(id: string): string | null | undefined {
    const name = this.#names.get(id);
    if (name === undefined && !this.#asked.has(id)) {
      this.#asked.add(id);
      void this.#ask(id);
    }
    return name;
  }

  async #ask(id: string): Promise<void> {
    try {
      this.#put(id, await this.#desk.hospitalName(id));
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      if (err.code === 'not_found' || err.code === 'invalid') this.#put(id, null);
    }
  }

  #put(id: string, name: string | null): void {
    this.#names = new Map(this.#names).set(id, name);
  }
}
