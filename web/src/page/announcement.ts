/**
 * What hospitals announce (응급실 및 중증질환 메시지), as data. The message decides
 * and the number hides it: a hospital with six free beds may say that it takes
 * nobody. It is not automatically a refusal: some announce what is possible.
 */
import { inForce, type Bag } from '../domain/index.ts';
import { parseTime } from '../feed/index.ts';
import type { Millis } from '../feed/index.ts';

export type MessageKind = 'er' | 'severe';

export interface Message {
  readonly id: string;
  readonly kind: MessageKind;
  /** As the hospital wrote it; it may have written none and still close something. */
  readonly text: string;
  readonly department: string;
  readonly startsAt: Millis | null;
}

const words = (v: unknown): string => (typeof v === 'string' ? v : '');

function messageOf(id: string, v: Bag): Message {
  return {
    id,
    kind: v['kind'] === 'severe' ? 'severe' : 'er',
    text: words(v['text']),
    department: words(v['department']),
    startsAt: parseTime(v['starts_at']),
  };
}

/** The emergency room as a whole comes first, then the newest; one without a time is the oldest. */
function byWeight(a: Message, b: Message): number {
  if (a.kind !== b.kind) return a.kind === 'er' ? -1 : 1;
  return (b.startsAt ?? 0) - (a.startsAt ?? 0) || (a.id < b.id ? -1 : 1);
}

/** The messages in force now, from the values of a hospital's `msg/` keys by their ids. */
export function messagesOf(said: Iterable<readonly [string, unknown]>, now: Millis): Message[] {
  return [...said]
    .filter((e): e is [string, Bag] => typeof e[1] === 'object' && e[1] !== null && inForce(e[1] as Bag, now))
    .map(([id, v]) => messageOf(id, v))
    .sort(byWeight);
}
