/** What a hospital says of itself: its beds and equipment, what it takes, what it announces. */
import { done } from './reservation.ts';
import type { Command, Rest } from './rest.ts';
import type { Answer } from '../feed/index.ts';

/** A person's word about one item. */
export interface Said {
  readonly state: 'known' | 'unknown' | 'not_offered';
  /** Of a known one: free beds, negative over capacity; 1 or 0 for what is usable or not. */
  readonly value?: number;
}

/** A new announcement (응급실 및 중증질환 메시지). */
export interface Announcing {
  readonly kind: 'er' | 'severe';
  /** Of severe: which. */
  readonly disease?: string;
  /** A code of /reasons. */
  readonly reason: string;
  /** Left out: the reason's name. */
  readonly text?: string;
  readonly ends_at: string;
}

/** The operations of one hospital's own data. Each answers with its part in the feeds, for `Client.overlay`. */
export class Capacity {
  readonly #rest: Rest;
  readonly #path: string;

  constructor(rest: Rest, hospital: string) {
    this.#rest = rest;
    this.#path = `/hospitals/${encodeURIComponent(hospital)}`;
  }

  /** 병원 확인: stands until its end or another number of the source. */
  correct(item: string, said: Said, c?: Command): Promise<readonly Answer[]> {
    return this.#do('PUT', `/corrections/${item}`, said, c);
  }

  /** Lets the source's number count again. */
  uncorrect(item: string, c?: Command): Promise<readonly Answer[]> {
    return this.#do('DELETE', `/corrections/${item}`, undefined, c);
  }

  /** Whether it takes a disease now. */
  declare(disease: string, state: 'accepts' | 'refuses', c?: Command): Promise<readonly Answer[]> {
    return this.#do('PUT', `/acceptance/${disease}`, { state }, c);
  }

  /** Lets the hospital's own declaration count again. */
  undeclare(disease: string, c?: Command): Promise<readonly Answer[]> {
    return this.#do('DELETE', `/acceptance/${disease}`, undefined, c);
  }

  announce(a: Announcing, c?: Command): Promise<readonly Answer[]> {
    return this.#do('POST', '/announcements', a, c);
  }

  /** 해제, now. */
  lift(id: string, c?: Command): Promise<readonly Answer[]> {
    return this.#do('POST', `/announcements/${encodeURIComponent(id)}/lift`, undefined, c);
  }

  #do(method: string, path: string, body: unknown, c?: Command): Promise<readonly Answer[]> {
    return this.#rest.command(method, this.#path + path, body, feedsOf, c);
  }
}

const feedsOf = (answer: unknown): readonly Answer[] => done(answer, null).feeds;
