/** Units (구급차), and a crew's shift on one. */
import { lost, type Command, type Rest } from './rest.ts';

export interface Unit {
  readonly id: string;
  readonly call_sign: string;
  readonly organisation: string;
}

const MOST = 200;

/** The units of a region that are in service, by call sign. */
export async function unitsOf(rest: Rest, region: string): Promise<Unit[]> {
  const units: Unit[] = [];
  for (let cursor = ''; ;) {
    const query = new URLSearchParams({ region, limit: String(MOST), ...(cursor && { cursor }) });
    const page = await rest.get(`/units?${query}`, pageOf);
    units.push(...page.units);
    cursor = page.next;
    if (!cursor) return units.sort((a, b) => a.call_sign.localeCompare(b.call_sign, 'ko'));
  }
}

export const unitOf = (rest: Rest, id: string): Promise<Unit> =>
  rest.get(`/units/${encodeURIComponent(id)}`, (v) => {
    const [unit] = unitsIn([v]);
    if (!unit) throw lost('unit');
    return unit;
  });

/** Signs on to a unit. The session's tokens are void then: refresh it. */
export const signOn = (rest: Rest, unit: string, c?: Command): Promise<null> =>
  rest.command('PUT', '/session/unit', { unit }, () => null, c);

/** At the end of a shift. */
export const signOff = (rest: Rest, c?: Command): Promise<null> =>
  rest.command('DELETE', '/session/unit', undefined, () => null, c);

function pageOf(answer: unknown): { units: Unit[]; next: string } {
  const { items, next } = (answer ?? {}) as { items?: unknown; next?: unknown };
  if (!Array.isArray(items)) throw lost('list of units');
  return { units: unitsIn(items), next: typeof next === 'string' ? next : '' };
}

const unitsIn = (items: readonly unknown[]): Unit[] =>
  items.filter((v): v is Unit & { active?: boolean } => {
    const { id, call_sign, active } = (v ?? {}) as Record<string, unknown>;
    return typeof id === 'string' && typeof call_sign === 'string' && active !== false;
  });
