/** The rest of the way to a hospital that said yes. */
import { fields, type Request } from '../domain/index.ts';
import type { Ambulance } from './ambulance.svelte.ts';

/** Minutes until the arrival that the hospital expects, else those of the drive; null when nobody knows. */
export function minutesLeft(a: Ambulance, r: Request): number | null {
  if (r.arriveAt !== null) return Math.max(0, Math.ceil((r.arriveAt - a.live.now) / 60_000));
  const minutes = a.place.minutes[r.hospital];
  return minutes === undefined ? null : Math.round(minutes);
}

/** Opens the device's own navigation (RFC 5870); '' where nobody knows the place. */
export function routeTo(a: Ambulance, hospital: string): string {
  const value = fields(a.hospitals.get(hospital)?.get('hospital'));
  const { lat, lon } = fields(value['place']);
  if (typeof lat !== 'number' || typeof lon !== 'number') return '';
  return `geo:${lat},${lon}?q=${lat},${lon}(${encodeURIComponent(String(value['name'] ?? hospital))})`;
}
