/** How long it takes to drive to each hospital around a place. */
import { lost, type Rest } from './rest.ts';

export interface Point {
  readonly lat: number;
  readonly lon: number;
}

/** The way to one hospital. */
export interface Way {
  readonly id: string;
  readonly region: string;
  readonly minutes: number;
  /** From the great-circle distance, not from a routing server. */
  readonly estimated: boolean;
}

/** Farther than this nobody drives with a patient, in kilometres of great circle. */
const AROUND_KM = 60;
/** More hospitals than lie around any place in Korea would be a page too many. */
const MOST = 200;

/** The ways to the hospitals around a place, the shortest first. */
export function waysFrom(rest: Rest, { lat, lon }: Point): Promise<Way[]> {
  const query = new URLSearchParams({
    sort: 'road',
    misses: 'true',
    km: String(AROUND_KM),
    limit: String(MOST),
  });
  query.set('lat', lat.toFixed(5));
  query.set('lon', lon.toFixed(5));
  return rest.get(`/find?${query}`, waysOf);
}

function waysOf(answer: unknown): Way[] {
  const { items } = (answer ?? {}) as { items?: unknown };
  if (!Array.isArray(items)) throw lost('list of hospitals');
  return items.flatMap(wayOf).sort((a, b) => a.minutes - b.minutes);
}

function wayOf(v: unknown): Way[] {
  const { id, region, road } = (v ?? {}) as Record<string, unknown>;
  const { minutes, by } = (road ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || typeof minutes !== 'number') return [];
  return [{ id, region: String(region ?? ''), minutes, estimated: by !== 'osrm' }];
}
