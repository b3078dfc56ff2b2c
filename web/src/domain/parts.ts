/**
 * A board's keys, hospital by hospital. Values come from the network and are
 * trusted in nothing: what has not the form of a thing is none.
 */
import { parseTime } from '../feed/index.ts';
import type { Entry, Millis } from '../feed/index.ts';

export type Bag = Readonly<Record<string, unknown>>;

/** What a hospital has, by the key's end: hospital, egen, er, msg/<id> … */
export type Parts = Map<string, unknown>;

export const fields = (v: unknown): Bag => (typeof v === 'object' && v !== null ? (v as Bag) : {});
export const text = (v: unknown): string => (typeof v === 'string' ? v : '');

/** The values of a board whose keys begin so, by what follows; a value that is no object is none. */
export const under = (board: readonly Entry[], prefix: string): [id: string, value: Bag][] =>
  board
    .filter(({ key, value }) => key.startsWith(prefix) && typeof value === 'object' && value !== null)
    .map(({ key, value }) => [key.slice(prefix.length), value as Bag]);

export function byHospital(board: readonly Entry[]): Map<string, Parts> {
  const out = new Map<string, Parts>();
  for (const { key, value } of board) {
    const slash = key.indexOf('/');
    const id = key.slice(0, slash);
    let parts = out.get(id);
    if (!parts) out.set(id, (parts = new Map()));
    parts.set(key.slice(slash + 1), value);
  }
  return out;
}

/** Where a hospital is; null where nobody knows. */
export function siteOf(parts: Parts | undefined): { lat: number; lon: number } | null {
  const { lat, lon } = fields(fields(parts?.get('hospital'))['place']);
  return typeof lat === 'number' && typeof lon === 'number' ? { lat, lon } : null;
}

/** When the shown readings were observed: by the hospital's own system while that is their base, else by E-Gen. */
export function reportOf(parts: Parts): { observedAt: Millis | null } | null {
  const base = ['push', 'egen'].find((name) => parts.has(name));
  return base === undefined ? null : { observedAt: parseTime(fields(parts.get(base))['observed_at']) };
}

/**
 * Whether an announcement is in force: not lifted, begun, not over. A time that
 * cannot be read limits nothing: a closure shown too long is asked about, one
 * hidden is not.
 */
export function inForce(v: Bag, now: Millis): boolean {
  const starts = parseTime(v['starts_at']);
  const ends = parseTime(v['ends_at']);
  return v['lifted'] !== true && (starts === null || starts <= now) && (ends === null || ends > now);
}

/** A hospital's announcements in force, by their ids. */
export const announced = (parts: Parts, now: Millis): [id: string, value: Bag][] =>
  [...parts]
    .filter(([name, v]) => name.startsWith('msg/') && inForce(fields(v), now))
    .map(([name, v]) => [name.slice('msg/'.length), fields(v)]);
