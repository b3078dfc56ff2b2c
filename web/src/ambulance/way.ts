/** The rest of the way to a hospital that said yes. */
import { fields, siteOf, text, type Request } from '../domain/index.ts';
import type { Ambulance } from './ambulance.svelte.ts';

/** Minutes until the arrival that the hospital expects, else those of the drive; null when nobody knows. */
export function minutesLeft(a: Ambulance, r: Request): number | null {
  if (r.arriveAt !== null) return Math.max(0, Math.ceil((r.arriveAt - a.live.now) / 60_000));
  const minutes = a.place.minutes[r.hospital];
  return minutes === undefined ? null : Math.round(minutes);
}

/** Opens the device's own navigation (RFC 5870); '' where nobody knows the place. */
export function routeTo(a: Ambulance, hospital: string): string {
  const parts = a.hospitals.get(hospital);
  const point = siteOf(parts);
  if (point === null) return '';
  const at = `${point.lat},${point.lon}`;
  const name = text(fields(parts?.get('hospital'))['name']) || hospital;
  return `geo:${at}?q=${at}(${encodeURIComponent(name)})`;
}
