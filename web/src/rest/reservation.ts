/** Hospitals are asked to take a patient, and answer (수용 요청). */
import { lost, type Command, type Rest } from './rest.ts';
import type { Answer } from '../feed/index.ts';

/** 응답 대기, 수용, 수용 불가, 취소, 만료, 도착. */
export type ReservationState = 'pending' | 'approved' | 'rejected' | 'canceled' | 'expired' | 'arrived';

/** Why a reservation was canceled. */
export type ReservationEnd = 'crew' | 'control' | 'superseded' | 'case_closed' | 'withdrawn' | 'undone';

/** RFC 3339; null when it is not known. */
export type Moment = string | null;

/** One case at one hospital. What is left out is false, 0 or not said. */
export interface Reservation {
  readonly id: string;
  readonly case: string;
  readonly unit: string;
  readonly region: string;
  readonly hospital: string;
  readonly name: string;
  readonly tel?: string;
  /** Code of the kind of bed that is asked for, and held after a yes. */
  readonly item: string;
  readonly state: ReservationState;
  readonly version: number;
  readonly end?: ReservationEnd;
  /** Of a no, or of a yes that was taken back: a code of /reasons. */
  readonly reason?: string;
  /** 지정 병원: the control room said yes, not the hospital. */
  readonly designated?: boolean;
  /** The hospital was known to be full. */
  readonly overridden?: boolean;
  /** Why it said yes all the same; for the hospital and the control room. */
  readonly override?: string;
  readonly others?: number;
  /** The case's now: what a yes names. */
  readonly case_version: number;
  readonly asked_version: number;
  readonly seen_version?: number;
  /** Above acked_version, the hospital has to acknowledge a patient who got worse. */
  readonly worse_version?: number;
  readonly acked_version?: number;
  /** 1: the alarm is louder; 2: the second channel; 3: no answer (무응답). */
  readonly escalation?: number;
  readonly asked_at: Moment;
  readonly arrive_at: Moment;
  readonly answer_by: Moment;
  readonly no_answer_at: Moment;
  readonly answered_at: Moment;
  readonly arrive_by: Moment;
  readonly overdue_at: Moment;
  readonly arrived_at: Moment;
  readonly handed_over_at: Moment;
  readonly confirmed_at: Moment;
  readonly ended_at: Moment;
  readonly pushed_at: Moment;
  readonly shown_at: Moment;
  readonly sounded_at: Moment;
  readonly opened_at: Moment;
}

/** What a vital sign is null for was not measured, which is not zero. */
export interface Clinical {
  readonly avpu?: 'alert' | 'voice' | 'pain' | 'unresponsive';
  readonly systolic: number | null;
  readonly diastolic: number | null;
  readonly pulse: number | null;
  readonly respiration: number | null;
  readonly temperature: number | null;
  readonly spo2: number | null;
  readonly complaint?: string;
}

/** The patient of a reservation. Each read is written down. */
export interface Patient {
  readonly id: string;
  /** As people say it on the telephone. */
  readonly code: string;
  readonly unit: string;
  readonly region: string;
  readonly ktas: number | null;
  readonly category?: string;
  readonly kind?: string;
  readonly age_band?: string;
  readonly sex?: string;
  readonly state: 'open' | 'arrived' | 'canceled';
  /** The case_version of a yes to what is shown. */
  readonly version: number;
  /** Left out when it was destroyed. */
  readonly clinical?: Clinical;
  readonly destroyed?: boolean;
}

/** A hospital that is asked. */
export interface Asked {
  readonly hospital_id: string;
  /** Left out: er.general. */
  readonly item?: string;
  readonly arrive_at?: string;
}

export interface Designation extends Asked {
  readonly case_version: number;
  /** Why, although no bed is known to be free. */
  readonly override?: string;
}

export interface Yes {
  readonly case_version: number;
  /** Another kind of bed than the one asked for. */
  readonly item?: string;
  readonly override?: string;
}

export interface No {
  readonly reason: string;
  /** Lets everybody know the reason too, until its end. */
  readonly announcement?: { readonly disease?: string; readonly text?: string; readonly ends_at: string };
}

/** What a command came to, and its part in the feeds, for `Client.overlay`. */
export interface Done<T> {
  readonly value: T;
  readonly feeds: readonly Answer[];
}

/**
 * The operations of reservations. A command that is given no key makes one, and
 * keeps it over its own tries; whoever repeats a command itself gives the same.
 */
export class Reservations {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** Asks 1 to 10 hospitals, all or none. After sendBy nothing is asked any more. */
  ask(
    caseId: string,
    hospitals: readonly Asked[],
    sendBy?: string,
    c?: Command,
  ): Promise<Done<Reservation[]>> {
    const body = sendBy === undefined ? { hospitals } : { hospitals, send_by: sendBy };
    const read = (answer: unknown) => done(answer, listOf(answer, 'reservations'));
    return this.#rest.command('POST', `${ofCase(caseId)}/reservations`, body, read, c);
  }

  /** A control room decides where a patient goes (지정 병원). */
  designate(caseId: string, d: Designation, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${ofCase(caseId)}/designation`, d, c);
  }

  /** The caller's, the oldest first, at most 200; of one case, or only those that go on. */
  list({ case: caseId, going }: { case?: string; going?: boolean } = {}): Promise<Reservation[]> {
    const query = new URLSearchParams({ limit: '200' });
    if (caseId !== undefined) query.set('case', caseId);
    if (going) query.set('going', 'true');
    return this.#rest.get(`/reservations?${query}`, (answer) => listOf(answer, 'items'));
  }

  get(id: string): Promise<Reservation> {
    return this.#rest.get(of(id), reservationOf);
  }

  patient(id: string): Promise<Patient> {
    return this.#rest.get(`${of(id)}/patient-condition`, patientOf);
  }

  /**
   * 수용. A Problem with the code conflict names in its fields what is true
   * instead, or the field override; precondition_failed what has changed.
   */
  approve(id: string, yes: Yes, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${of(id)}/approve`, yes, c);
  }

  /** 수용 불가. */
  reject(id: string, no: No, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${of(id)}/reject`, no, c);
  }

  /** Takes a yes back; in the first seconds without a reason (되돌리기). */
  withdraw(id: string, reason?: string, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${of(id)}/withdraw`, reason === undefined ? {} : { reason }, c);
  }

  /** The hospital has seen a version of the case. */
  acknowledge(id: string, caseVersion: number, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${of(id)}/acknowledge`, { case_version: caseVersion }, c);
  }

  /** The crew or the control room takes it back. */
  cancel(id: string, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${of(id)}/cancel`, {}, c);
  }

  /** Says when the patient will be there. */
  extend(id: string, arriveAt: string, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${of(id)}/extend`, { arrive_at: arriveAt }, c);
  }

  /** The crew has seen what became of it: the state that it saw. */
  confirm(id: string, seen: ReservationState, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${of(id)}/confirm`, { state: seen }, c);
  }

  /** 도착. */
  arrive(id: string, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${of(id)}/arrive`, {}, c);
  }

  /** 인계. */
  handOver(id: string, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${of(id)}/hand-over`, {}, c);
  }

  /** A control room gives up the bed of a patient who is overdue. */
  release(id: string, c?: Command): Promise<Done<Reservation>> {
    return this.#step(`${of(id)}/release`, {}, c);
  }

  #step(path: string, body: unknown, c?: Command): Promise<Done<Reservation>> {
    return this.#rest.command('POST', path, body, (answer) => done(answer, reservationOf(answer)), c);
  }
}

const of = (id: string): string => `/reservations/${encodeURIComponent(id)}`;
const ofCase = (id: string): string => `/patient-conditions/${encodeURIComponent(id)}`;

type Fields = Record<string, unknown>;

export function done<T>(answer: unknown, value: T): Done<T> {
  const { feeds } = (answer ?? {}) as Fields;
  if (!Array.isArray(feeds)) throw lost('command’s');
  return { value, feeds: feeds as Answer[] };
}

function listOf(answer: unknown, name: string): Reservation[] {
  const list = ((answer ?? {}) as Fields)[name];
  if (!Array.isArray(list)) throw lost('list');
  return list.map(reservationOf);
}

function reservationOf(v: unknown): Reservation {
  if (!isVersioned(v)) throw lost('reservation');
  return v as unknown as Reservation;
}

function patientOf(v: unknown): Patient {
  if (!isVersioned(v)) throw lost('patient');
  return v as unknown as Patient;
}

function isVersioned(v: unknown): v is Fields {
  const { id, state, version } = (v ?? {}) as Fields;
  return typeof id === 'string' && typeof state === 'string' && Number.isSafeInteger(version);
}
