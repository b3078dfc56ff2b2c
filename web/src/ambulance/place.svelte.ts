/**
 * Where the ambulance is, and how long it takes to each hospital from there: by GPS,
 * by a district that somebody chose, or, until either is known, the middle of the
 * region, which the screen calls a guess.
 *
 * The ways are asked of the server, when it has moved by 300 m and each minute; the
 * last ones stay when it cannot be asked. What is chosen by hand stays until GPS is
 * asked for again.
 */
import { waysFrom, type Point, type Rest, type Way } from '../rest/index.ts';
import { recall, remember } from '../kit/store.ts';

export type Source = 'gps' | 'hand' | 'guess';

export interface Spot {
  readonly source: Source;
  readonly point: Point;
  /** Of a district that was chosen. */
  readonly name: string;
}

const MOVED_KM = 0.3;
const AGAIN_MS = 60_000;
const RETRY_MS = 5_000;
/** Regions of hospitals that are nearer than this are followed, in minutes. */
const NEAR_MIN = 40;
/** A screen follows so many regions at most. */
const MOST_REGIONS = 4;

interface Kept {
  readonly spot: Spot;
  readonly ways: readonly Way[];
}

/** Great-circle distance in kilometres, near enough for "has it moved". */
export function distanceKm(a: Point, b: Point): number {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  return 6371 * Math.hypot(x, (b.lat - a.lat) * rad);
}

/** The middle of some points; null of none. */
export function middleOf(points: readonly Point[]): Point | null {
  if (points.length === 0) return null;
  const sum = points.reduce((s, p) => ({ lat: s.lat + p.lat, lon: s.lon + p.lon }));
  return { lat: sum.lat / points.length, lon: sum.lon / points.length };
}

/** The regions to follow: one's own first, then those whose hospitals are near. */
export function regionsOf(own: readonly string[], ways: readonly Way[]): string[] {
  const near = ways.filter((w) => w.minutes <= NEAR_MIN).map((w) => w.region);
  return [...new Set([...own, ...near])].filter(Boolean).slice(0, Math.max(MOST_REGIONS, own.length));
}

export class Place {
  spot = $state.raw<Spot | null>(null);
  ways = $state.raw<readonly Way[]>([]);
  /** GPS was refused, or there is none. */
  refused = $state.raw(false);
  readonly minutes = $derived(Object.fromEntries(this.ways.map((w) => [w.id, w.minutes])));
  readonly estimated = $derived(this.ways.some((w) => w.estimated));
  readonly #rest: Rest;
  readonly #name: string;
  #asked: { point: Point; at: number } | null = null;
  #asking = false;
  #watch: number | null = null;

  constructor(rest: Rest, name: string) {
    this.#rest = rest;
    this.#name = name;
  }

  /** Begins with what was known last, and asks the device. */
  async start(): Promise<void> {
    const kept = await recall<Kept>(this.#name);
    if (kept) {
      this.ways = kept.ways;
      this.spot = kept.spot;
    }
    if (this.spot?.source !== 'hand') this.useGps();
  }

  stop(): void {
    if (this.#watch !== null) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = null;
  }

  useGps(): void {
    this.stop();
    this.refused = !('geolocation' in navigator);
    if (this.refused) return;
    this.#watch = navigator.geolocation.watchPosition(
      ({ coords: { latitude: lat, longitude: lon } }) => {
        this.refused = false;
        this.#set({ source: 'gps', point: { lat, lon }, name: '' });
      },
      () => (this.refused = true),
      { enableHighAccuracy: true, maximumAge: 10_000 },
    );
  }

  choose(name: string, point: Point): void {
    this.stop();
    this.#set({ source: 'hand', point, name });
  }

  /** Something to begin with, while nothing is known. */
  guess(point: Point | null): void {
    if (this.spot === null && point !== null) this.#set({ source: 'guess', point, name: '' });
  }

  #set(spot: Spot): void {
    this.spot = spot;
    this.look();
  }

  /** Asks for the ways when that is due. */
  look(): void {
    const { spot } = this;
    if (spot === null || this.#asking) return;
    const now = performance.now();
    const moved = this.#asked === null || distanceKm(this.#asked.point, spot.point) >= MOVED_KM;
    const age = now - (this.#asked?.at ?? -Infinity);
    if (age < (moved ? RETRY_MS : AGAIN_MS)) return;
    this.#asked = { point: spot.point, at: now };
    void this.#ask(spot);
  }

  async #ask(spot: Spot): Promise<void> {
    this.#asking = true;
    try {
      this.ways = await waysFrom(this.#rest, spot.point);
      void remember(this.#name, { spot, ways: this.ways } satisfies Kept);
    } catch {
      if (this.#asked) this.#asked = { ...this.#asked, at: performance.now() - AGAIN_MS + RETRY_MS };
    } finally {
      this.#asking = false;
    }
  }
}
