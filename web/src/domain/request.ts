/**
 * Cases and their reservations, as the feeds of units, hospitals and control rooms
 * have them (model/case.go, model/request.go). Values come from the network: what
 * has not the form of a thing is none, and a time that cannot be read is not known.
 */
import { parseTime } from '../feed/index.ts';
import type { Ack, Entry, Millis } from '../feed/index.ts';
import { text, under, type Bag } from './parts.ts';
import type { ReservationEnd, ReservationState } from '../rest/reservation.ts';

/** What a screen may know of a patient: the triage, nothing clinical. What is not assessed is left out. */
export interface Triage {
  readonly ktas?: number;
  readonly category?: string;
  readonly kind?: string;
  readonly age_band?: string;
  readonly sex?: string;
}

/** A patient's condition (환자 상태) on the feed of its unit or control room. */
export interface Case {
  readonly id: string;
  /** As people say it on the telephone. */
  readonly code: string;
  readonly version: number;
  readonly state: 'open' | 'arrived' | 'canceled';
  /** The reservation that has a yes; '' of none. */
  readonly winner: string;
  readonly triage: Triage;
  readonly openedAt: Millis | null;
  readonly movedAt: Millis | null;
}

/** A reservation (수용 요청): one case at one hospital. What is not known is '', 0 or null. */
export interface Request {
  readonly id: string;
  readonly case: string;
  readonly hospital: string;
  readonly name: string;
  readonly tel: string;
  readonly item: string;
  readonly state: ReservationState;
  readonly version: number;
  readonly end: ReservationEnd | '';
  readonly reason: string;
  readonly designated: boolean;
  readonly overridden: boolean;
  /** How many other hospitals were asked with the same command. */
  readonly others: number;
  /** 1: the alarm is louder; 2: the second channel; 3: no answer (무응답). */
  readonly escalation: number;
  /** Above `ackedVersion`, the hospital has to acknowledge a patient who got worse. */
  readonly worseVersion: number;
  readonly ackedVersion: number;
  readonly askedAt: Millis | null;
  readonly arriveAt: Millis | null;
  readonly answerBy: Millis | null;
  readonly noAnswerAt: Millis | null;
  readonly answeredAt: Millis | null;
  readonly arriveBy: Millis | null;
  readonly overdueAt: Millis | null;
  readonly arrivedAt: Millis | null;
  readonly handedOverAt: Millis | null;
  readonly confirmedAt: Millis | null;
  readonly endedAt: Millis | null;
  /** How far it has come to the people there; the highest rung, '' before any. */
  readonly rung: Ack['rung'] | '';
  /** Rungs that nobody proved yet. */
  readonly missing: readonly Ack['rung'][];
}

/** A request as its hospital sees it: with the patient and the crew. */
export interface Incoming extends Request {
  readonly code: string;
  readonly callSign: string;
  /** What a yes names. */
  readonly caseVersion: number;
  readonly triage: Triage;
  /** Who looked into it first, and who answered; '' of nobody. */
  readonly openedBy: string;
  readonly answeredBy: string;
}

const whole = (v: unknown): number => (Number.isSafeInteger(v) ? (v as number) : 0);

const STATES: readonly string[] = ['pending', 'approved', 'rejected', 'canceled', 'expired', 'arrived'];
const RUNGS: readonly Ack['rung'][] = ['pushed', 'shown', 'sounded', 'opened'];

function triageOf(v: Bag): Triage {
  const out: Record<string, unknown> = {};
  const { ktas } = v;
  if (Number.isInteger(ktas) && (ktas as number) >= 1 && (ktas as number) <= 5) out['ktas'] = ktas;
  for (const name of ['category', 'kind', 'age_band', 'sex']) if (text(v[name])) out[name] = v[name];
  return out;
}

function requestOf(id: string, v: Bag): Request {
  const proved = RUNGS.filter((rung) => parseTime(v[`${rung}_at`]) !== null);
  return {
    id,
    case: text(v['case']),
    hospital: text(v['hospital']),
    name: text(v['name']),
    tel: text(v['tel']),
    item: text(v['item']),
    state: v['state'] as ReservationState,
    version: whole(v['version']),
    end: text(v['end']) as ReservationEnd | '',
    reason: text(v['reason']),
    designated: v['designated'] === true,
    overridden: v['overridden'] === true,
    others: whole(v['others']),
    escalation: whole(v['escalation']),
    worseVersion: whole(v['worse_version']),
    ackedVersion: whole(v['acked_version']),
    askedAt: parseTime(v['asked_at']),
    arriveAt: parseTime(v['arrive_at']),
    answerBy: parseTime(v['answer_by']),
    noAnswerAt: parseTime(v['no_answer_at']),
    answeredAt: parseTime(v['answered_at']),
    arriveBy: parseTime(v['arrive_by']),
    overdueAt: parseTime(v['overdue_at']),
    arrivedAt: parseTime(v['arrived_at']),
    handedOverAt: parseTime(v['handed_over_at']),
    confirmedAt: parseTime(v['confirmed_at']),
    endedAt: parseTime(v['ended_at']),
    rung: proved.at(-1) ?? '',
    missing: RUNGS.filter((rung) => !proved.includes(rung)),
  };
}

function caseOf(id: string, v: Bag): Case {
  return {
    id,
    code: text(v['code']),
    version: whole(v['version']),
    state: v['state'] === 'arrived' || v['state'] === 'canceled' ? v['state'] : 'open',
    winner: text(v['winner']),
    triage: triageOf(v),
    openedAt: parseTime(v['opened_at']),
    movedAt: parseTime(v['moved_at']),
  };
}

const known = (r: Request): boolean => STATES.includes(r.state);

/** The cases of a unit's or a control room's board, the oldest first: ids are in the order of time. */
export const casesOf = (board: readonly Entry[]): Case[] =>
  under(board, 'case/').map(([id, v]) => caseOf(id, v));

/** The reservations of such a board, the oldest first. */
export const requestsOf = (board: readonly Entry[]): Request[] =>
  under(board, 'reservation/')
    .map(([id, v]) => requestOf(id, v))
    .filter(known);

/** The requests of a hospital's board, the oldest first. */
export const incomingOf = (board: readonly Entry[]): Incoming[] =>
  under(board, 'request/')
    .map(([id, v]) => ({
      ...requestOf(id, v),
      code: text(v['code']),
      callSign: text(v['call_sign']),
      caseVersion: whole(v['case_version']),
      triage: triageOf(v),
      openedBy: text(v['opened_by']),
      answeredBy: text(v['answered_by']),
    }))
    .filter(known);

/** Whether it is asked or approved. */
export const goes = (r: Request): boolean => r.state === 'pending' || r.state === 'approved';
