/**
 * One press that asks hospitals: the case is opened, if there is none yet, and the
 * hospitals are asked, each with a key of its own that all tries share. So a
 * crew in a dead zone asks once, however often an answer is lost. After a minute
 * nothing is sent any more, by this page or by the server (R14): the crew is told
 * to telephone. What is under way survives a reload.
 */
import {
  newId,
  Problem,
  UNREACHABLE,
  type Asked,
  type Conditions,
  type Reservations,
  type TriageSaid,
} from '../rest/index.ts';
import type { Answer, Millis } from '../feed/index.ts';

/** Later than this nothing is sent, in milliseconds. */
export const SEND_MS = 60_000;
/** Between two tries. */
const AGAIN_MS = 1_000;

export interface Plan {
  /** '' until the case is open. */
  readonly caseId: string;
  readonly triage: TriageSaid;
  readonly hospitals: readonly Asked[];
  readonly openKey: string;
  readonly askKey: string;
  /** By the server's clock. */
  readonly since: Millis;
}

/** Where a plan lies over a reload: sessionStorage, or a test's. */
export interface Shelf {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

export interface AskingOptions {
  readonly conditions: Pick<Conditions, 'open'>;
  readonly reservations: Pick<Reservations, 'ask'>;
  readonly now: () => Millis;
  readonly overlay: (answers: readonly Answer[]) => void;
  /** The case is open. */
  readonly opened: (caseId: string) => void;
  readonly shelf?: Shelf;
  readonly pause?: (ms: number) => Promise<void>;
}

const STORE = 'weer.asking';

export class Asking {
  /** What is being sent; it stays there when it failed, to say so. */
  plan = $state.raw<Plan | null>(null);
  failure = $state.raw<Problem | null>(null);
  readonly #o: AskingOptions;

  constructor(options: AskingOptions) {
    this.#o = options;
  }

  get busy(): boolean {
    return this.plan !== null && this.failure === null;
  }

  /** Asks; a press while another is under way does nothing. */
  async start(caseId: string, triage: TriageSaid, hospitals: readonly Asked[]): Promise<void> {
    if (this.busy || hospitals.length === 0) return;
    const since = this.#o.now();
    await this.#run({ caseId, triage, hospitals, openKey: newId(), askKey: newId(), since });
  }

  /** Goes on with what a reload interrupted, if it is not too late. */
  async resume(): Promise<void> {
    const kept = this.#shelf.getItem(STORE);
    if (kept === null) return;
    const plan = JSON.parse(kept) as Plan;
    await this.#run(plan);
  }

  /** The failure was read. */
  clear(): void {
    if (this.busy) return;
    this.plan = null;
    this.failure = null;
    this.#shelf.removeItem(STORE);
  }

  get #shelf(): Shelf {
    return this.#o.shelf ?? sessionStorage;
  }

  #keep(plan: Plan): void {
    this.plan = plan;
    this.#shelf.setItem(STORE, JSON.stringify(plan));
  }

  async #run(plan: Plan): Promise<void> {
    this.failure = null;
    this.#keep(plan);
    for (let failed: Problem | null = NOT_YET; failed !== null;) {
      if (this.#o.now() - plan.since >= SEND_MS) return this.#fail(new Problem('too_late', failed.message));
      failed = await this.#try();
      if (failed !== null && !isPassing(failed)) return this.#fail(failed);
      if (failed !== null) await (this.#o.pause ?? pause)(AGAIN_MS);
    }
    this.plan = null;
    this.#shelf.removeItem(STORE);
  }

  #fail(problem: Problem): void {
    this.failure = problem;
    this.#shelf.removeItem(STORE);
  }

  async #try(): Promise<Problem | null> {
    try {
      await this.#open();
      await this.#ask();
      return null;
    } catch (err) {
      return err instanceof Problem ? err : new Problem(UNREACHABLE, String(err));
    }
  }

  async #open(): Promise<void> {
    const plan = this.plan!;
    if (plan.caseId !== '') return;
    const { value, feeds } = await this.#o.conditions.open(plan.triage, { key: plan.openKey });
    this.#o.overlay(feeds);
    this.#keep({ ...plan, caseId: value.id });
    this.#o.opened(value.id);
  }

  async #ask(): Promise<void> {
    const { caseId, hospitals, askKey, since } = this.plan!;
    const sendBy = new Date(since + SEND_MS).toISOString();
    const { feeds } = await this.#o.reservations.ask(caseId, hospitals, sendBy, { key: askKey });
    this.#o.overlay(feeds);
  }
}

const NOT_YET = new Problem(UNREACHABLE, 'not sent yet');

/** It may be otherwise the next time: there was no answer, or the server asked for patience. */
const isPassing = (p: Problem): boolean => p.status === 0 || p.status >= 500 || p.status === 429;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
