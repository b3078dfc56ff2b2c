/** A crew's patients (환자 상태): opened, changed, read with the clinical part, closed. */
import { done, type Clinical, type Done } from './reservation.ts';
import { lost, type Command, type Rest } from './rest.ts';

/** What is left out was not assessed. */
export interface TriageSaid {
  readonly ktas?: number;
  readonly category?: string;
  readonly kind?: string;
  readonly age_band?: string;
  readonly sex?: string;
}

/** A case as its crew reads it. */
export interface Condition extends TriageSaid {
  readonly id: string;
  readonly code: string;
  readonly version: number;
  readonly state: 'open' | 'arrived' | 'canceled';
  readonly clinical?: Clinical;
}

export class Conditions {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  open(triage: TriageSaid, c?: Command): Promise<Done<Condition>> {
    return this.#rest.command('POST', PATH, { triage }, read, c);
  }

  /** What is given is taken whole. precondition_failed: the other tablet was faster. */
  change(
    id: string,
    version: number,
    said: { triage?: TriageSaid; clinical?: Clinical },
    c?: Command,
  ): Promise<Done<Condition>> {
    return this.#rest.command('PATCH', of(id), said, read, { ...c, ifMatch: `"${version}"` });
  }

  /** With the clinical part. Each read is written down. */
  get(id: string): Promise<Condition> {
    return this.#rest.get(of(id), conditionOf);
  }

  /** The patient has arrived, or the case is canceled: what goes on of it ends with it. */
  close(id: string, state: 'arrived' | 'canceled', c?: Command): Promise<Done<Condition>> {
    return this.#rest.command('POST', `${of(id)}/close`, { state }, read, { ...c, ifMatch: '*' });
  }
}

const PATH = '/patient-conditions';
const of = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

const read = (answer: unknown): Done<Condition> => done(answer, conditionOf(answer));

function conditionOf(v: unknown): Condition {
  const { id, version } = (v ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || !Number.isSafeInteger(version)) throw lost('patient');
  return v as Condition;
}
