/**
 * What speaks for a hospital and against it, in codes: the same as in
 * model/rank_fact.go, without words, which are each screen's own.
 */
import { freshnessOf, parseTime } from '../feed/index.ts';
import type { Millis, Timings } from '../feed/index.ts';
import { netOf, type Net } from './net.ts';
import { announced, fields, reportOf, text, type Bag, type Parts } from './parts.ts';
import { levelWeight, overload, reachWeight, scarcity, type Weights } from './weights.ts';

/** unknown is no no: somebody may ask. */
export type Fit = 'no' | 'unknown' | 'yes';

/** What a fact speaks of, in the order in which facts are read; a hospital has at most one of each. */
export type Part = 'door' | 'acceptance' | 'minutes' | 'beds' | 'age' | 'level' | 'console';

const KINDS = {
  door_closed: ['door', 'no'],
  door_refused: ['door', 'no'],
  door_announced: ['door', 'unknown'],
  accepted: ['acceptance', 'yes'],
  accepted_noted: ['acceptance', 'yes'],
  limited: ['acceptance', 'unknown'],
  not_declared: ['acceptance', 'unknown'],
  refused: ['acceptance', 'no'],
  minutes: ['minutes', 'yes'],
  no_minutes: ['minutes', 'unknown'],
  beds_free: ['beds', 'yes'],
  beds_contended: ['beds', 'unknown'],
  beds_full: ['beds', 'no'],
  beds_over: ['beds', 'no'],
  beds_not_offered: ['beds', 'no'],
  beds_not_reported: ['beds', 'unknown'],
  beds_unknown: ['beds', 'unknown'],
  beds_undated: ['beds', 'unknown'],
  beds_withdrawn: ['beds', 'unknown'],
  fresh: ['age', 'yes'],
  ageing: ['age', 'yes'],
  stale: ['age', 'unknown'],
  regional_centre: ['level', 'yes'],
  local_centre: ['level', 'yes'],
  level_unknown: ['level', 'unknown'],
  no_centre: ['level', 'unknown'],
  console_audible: ['console', 'yes'],
  console_visible: ['console', 'yes'],
  console_open: ['console', 'unknown'],
  console_none: ['console', 'unknown'],
} as const satisfies Record<string, readonly [Part, Fit]>;

export type FactCode = keyof typeof KINDS;

export const FACT_CODES = Object.keys(KINDS) as readonly FactCode[];

export interface Fact {
  readonly part: Part;
  readonly code: FactCode;
  readonly fit: Fit;
  /** What it adds to the score. */
  readonly minutes: number;
  /** Code of the disease, item, announcement's reason or level it speaks of; "" of none. */
  readonly about: string;
  /** Beds, patients above capacity, minutes, or seconds of age. */
  readonly count: number;
}

/** A patient for whom a hospital is looked for: the triage as a case's value has it, and the way. */
export interface Need {
  readonly ktas?: number;
  readonly category?: string;
  readonly age_band?: string;
  /** Code of what is needed; a bed of the emergency room for the age when it is not said. */
  readonly item?: string;
  /** Of driving, by hospital; of one that is not in it nobody knows. */
  readonly minutes: Readonly<Record<string, number>>;
}

/** What all facts are made with. */
export interface Judging {
  readonly need: Need;
  readonly now: Millis;
  readonly timings: Timings;
  readonly weights: Weights;
}

function fact(code: FactCode, minutes: number, about = '', count = 0): Fact {
  const [part, fit] = KINDS[code];
  return { part, code, fit, minutes, about, count };
}

/** The reasons that close an emergency room, as model/reason.go has them. */
const CLOSES = ['no_beds', 'overcrowded', 'er_closed', 'disaster'];
const GATEKEEPER = 'severe.emergency_room';
const CHILDREN = ['newborn', 'infant', 'child'];

/** The announcements in force that speak against something, by id. */
function warnings(parts: Parts, now: Millis): Bag[] {
  return announced(parts, now)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, v]) => v)
    .filter((v) => v['reason'] !== 'possible');
}

const declared = (parts: Parts, disease: string): Bag => fields(fields(parts.get('acceptance'))[disease]);

function door(parts: Parts, j: Judging): Fact[] {
  const told = warnings(parts, j.now)
    .filter((v) => v['kind'] === 'er' && !v['disease'])
    .map((v) => text(v['reason']));
  const closed = told.find((reason) => CLOSES.includes(reason));
  if (closed !== undefined) return [fact('door_closed', j.weights.no, closed)];
  if (declared(parts, GATEKEEPER)['state'] === 'refuses')
    return [fact('door_refused', j.weights.no, GATEKEEPER)];
  return told.slice(0, 1).map((reason) => fact('door_announced', j.weights.announced, reason));
}

function acceptance(parts: Parts, { need, now, weights }: Judging): Fact[] {
  const disease = need.category;
  if (!disease) return [];
  const { state, note } = declared(parts, disease);
  if (state === 'refuses') return [fact('refused', weights.no, disease)];
  const [code, minutes]: [FactCode, number] =
    state !== 'accepts'
      ? ['not_declared', weights.not_declared]
      : note
        ? ['accepted_noted', weights.noted]
        : ['accepted', 0];
  const warned = warnings(parts, now).some((v) => v['disease'] === disease);
  return [warned ? fact('limited', minutes + weights.announced, disease) : fact(code, minutes, disease)];
}

function way(id: string, { need }: Judging): Fact {
  const minutes = need.minutes[id];
  if (minutes === undefined || !Number.isFinite(minutes) || minutes < 0) return fact('no_minutes', 0);
  return fact('minutes', minutes, '', Math.round(minutes));
}

function beds(item: string, net: Net, w: Weights): Fact {
  if (net.state !== 'known')
    return fact(`beds_${net.state}`, net.state === 'not_offered' ? w.no : w.beds_unknown, item);
  const { free, contested } = net;
  if (free < 0) return fact('beds_over', w.no + overload(w, -free), item, -free);
  if (free === 0) return fact('beds_full', w.no, item);
  return fact(contested > 0 ? 'beds_free' : 'beds_contended', scarcity(w, contested), item, free);
}

/** How old the number is. That a no is old makes it no worse. */
function age(observed: Millis | null, net: Net, { now, timings, weights }: Judging): Fact[] {
  if (net.state !== 'known' || observed === null) return [];
  const freshness = freshnessOf(timings, observed, now);
  if (freshness === 'withdrawn') return [];
  const minutes = freshness === 'fresh' || net.free <= 0 ? 0 : weights[freshness];
  return [fact(freshness, minutes, '', Math.floor(Math.max(now - observed, 0) / 1000))];
}

/** A hospital's level, whoever the patient is. */
export function levelOf(parts: Parts, weights: Weights): Fact {
  const of = text(fields(parts.get('hospital'))['level']);
  const [code, minutes] = levelWeight(weights, of);
  return fact(code, minutes, of);
}

/** It counts for a critical patient alone. */
const level = (parts: Parts, { need, weights }: Judging): Fact[] =>
  need.ktas === 1 || need.ktas === 2 ? [levelOf(parts, weights)] : [];

function consoleOf(parts: Parts, { weights }: Judging): Fact {
  const [code, minutes] = reachWeight(weights, fields(parts.get('console'))['reach']);
  return fact(code, minutes);
}

/** The key in which an item's reading stands. */
function groupOf(item: string): string {
  const prefix = item.split('.', 1)[0]!;
  return ['er', 'icu', 'equipment'].includes(prefix) ? prefix : 'beds';
}

export const readingOf = (parts: Parts, item: string): unknown => fields(parts.get(groupOf(item)))[item];

/** What the patient needs at a hospital: few tell of beds for children alone. */
function itemAt(parts: Parts, need: Need): string {
  if (need.item) return need.item;
  const child = CHILDREN.includes(need.age_band ?? '');
  const told = fields(readingOf(parts, 'er.pediatric'))['state'] === 'known';
  return child && told ? 'er.pediatric' : 'er.general';
}

/** The time of what is said of an item: a person's word is as old as the person's word. */
function observedAt(parts: Parts, item: string): Millis | null {
  const corrected = fields(parts.get('corrected'))[item];
  if (corrected !== undefined) return parseTime(fields(corrected)['at']);
  return reportOf(parts)?.observedAt ?? null;
}

/** What a patient finds at a hospital. */
export interface Finding {
  readonly item: string;
  readonly net: Net;
  /** When the number was observed. */
  readonly observedAt: Millis | null;
  /** In the order in which they are read. */
  readonly facts: readonly Fact[];
}

export function findingOf(id: string, parts: Parts, j: Judging): Finding {
  const item = itemAt(parts, j.need);
  const observed = observedAt(parts, item);
  const load = fields(parts.get('load'))[item];
  const net = netOf(readingOf(parts, item), observed, load, j.now, j.timings);
  const facts = [
    ...door(parts, j),
    ...acceptance(parts, j),
    way(id, j),
    beds(item, net, j.weights),
    ...age(observed, net, j),
    ...level(parts, j),
    consoleOf(parts, j),
  ];
  return { item, net, observedAt: observed, facts };
}
