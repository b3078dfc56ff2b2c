/**
 * The ambulance's screen as a function of what is held: the unit's feed with its
 * cases, the boards of the regions around, the place, and the few things that a
 * person chose and nobody else knows. Components only show it.
 */
import {
  byHospital,
  casesOf,
  fields,
  goes,
  rankOf,
  requestsOf,
  siteOf,
  text,
  type Need,
  type Ranked,
  type Request,
  type Triage,
} from '../domain/index.ts';
import { nameOf } from '../kit/gate.ts';
import { Live } from '../kit/live.svelte.ts';
import { Conditions, Reservations, type Asked, type Session, type Who } from '../rest/index.ts';
import { Asking } from './asking.svelte.ts';
import { cardOf, type Card } from './cards.ts';
import { coursesOf, refusalsOf, roundOf, takeoverOf, winnerOf, type Course } from './course.ts';
import { BLANK, isKnown, type Draft } from './patient.ts';
import { middleOf, Place, regionsOf } from './place.svelte.ts';
import { Steady } from './steady.ts';

/** How many cards stand there, and how many at most while several are asked (R7). */
const CARDS = 4;
const MOST_CARDS = 5;
/** How many are asked with one press. */
const AT_ONCE = 3;

/** One line of the list: a hospital, and what was asked of it. */
export interface Row {
  readonly id: string;
  /** Its place among those that can still be asked, from 1; 0 of one that was asked. */
  readonly rank: number;
  /** null of one that lies in no region that is followed. */
  readonly card: Card | null;
  readonly request: Request | null;
  readonly sending: boolean;
}

export class Ambulance {
  readonly live: Live;
  readonly who: Who;
  readonly unit: string;
  readonly conditions: Conditions;
  readonly reservations: Reservations;
  readonly place: Place;
  readonly asking: Asking;
  readonly #steady = new Steady();

  draft = $state.raw<Draft>(BLANK);
  /** The case that is looked at; '' a patient who was not asked for yet, null what goes on. */
  chosen = $state.raw<string | null>(null);
  /** Whether something lies in front of the list that a reload would take away. */
  sheet = $state.raw('');

  constructor(session: Session, who: Who, unit: string) {
    this.who = who;
    this.unit = unit;
    this.live = new Live({
      session,
      name: nameOf('boards'),
      busy: () => this.sheet !== '' || this.asking.busy || this.open.length > 0,
      looked: () => this.#looked(),
    });
    this.conditions = new Conditions(this.live.rest);
    this.reservations = new Reservations(this.live.rest);
    this.place = new Place(this.live.rest, nameOf('place'));
    this.asking = new Asking({
      conditions: this.conditions,
      reservations: this.reservations,
      now: () => this.live.now,
      overlay: (answers) => this.live.overlay(answers),
      opened: (id) => {
        this.chosen = id;
        this.draft = { ...BLANK, item: this.draft.item }; // whoever is asked next is asked for the same bed
      },
    });
  }

  /** Nothing can be asked now: what stands there is what was last proved. */
  get cut(): boolean {
    return this.live.link === 'offline' || this.live.savedAt !== null;
  }

  /** Enough is known of the patient to ask somebody. */
  readonly known = $derived.by(() => isKnown(this.triage));

  get feed(): string {
    return `unit:${this.unit}`;
  }

  async start(): Promise<void> {
    await this.live.start();
    await this.place.start();
    this.#follow();
    void this.asking.resume();
  }

  stop(): void {
    this.live.stop();
    this.place.stop();
  }

  /** What follows from the state without being shown. */
  #looked(): void {
    if (!this.place.spot && this.hospitals.size > 0)
      this.place.guess(middleOf(this.sites.map((s) => s.point)));
    if (this.live.link !== 'offline') this.place.look();
    this.#follow();
  }

  #following = '';

  #follow(): void {
    const feeds = [this.feed, ...this.regions.map((r) => `region:${r}`)];
    if (feeds.join() === this.#following) return;
    this.#following = feeds.join();
    this.live.follow(feeds);
  }

  readonly regions = $derived.by(() => regionsOf(this.who.regions, this.place.ways));

  /** All hospitals of the regions around, by id. */
  readonly hospitals = $derived.by(() =>
    byHospital(this.regions.flatMap((r) => this.live.board(`region:${r}`))),
  );

  /** Where the hospitals of one's own regions are, and in which district. */
  readonly sites = $derived.by(() => {
    const own = this.who.regions;
    return [...this.hospitals.values()].flatMap((parts) => {
      const { region, district } = fields(parts.get('hospital'));
      const point = siteOf(parts);
      const isOwn = own.length === 0 || own.includes(text(region));
      return point && isOwn ? [{ point, district: text(district) }] : [];
    });
  });

  readonly loaded = $derived.by(() => this.hospitals.size > 0);

  /** The ways are known, and all regions that they lead to are there. */
  readonly complete = $derived.by(
    () => this.place.ways.length > 0 && this.regions.every((r) => this.live.loaded(`region:${r}`)),
  );

  readonly courses = $derived.by(() => {
    const board = this.live.board(this.feed);
    return coursesOf(casesOf(board), requestsOf(board));
  });

  readonly open = $derived(this.courses.filter((c) => c.case.state === 'open'));

  /** The case that is looked at; null of a patient for whom nobody was asked. */
  readonly course = $derived.by((): Course | null => {
    if (this.chosen === '') return null;
    const chosen = this.courses.find((c) => c.case.id === this.chosen);
    return chosen ?? (this.chosen === null ? (this.open.at(-1) ?? null) : null);
  });

  readonly takeover = $derived(takeoverOf(this.courses));

  readonly winner = $derived(this.course ? winnerOf(this.course) : null);

  readonly triage = $derived.by((): Triage => this.course?.case.triage ?? this.draft.triage);

  readonly need = $derived.by((): Need => {
    const { item } = this.draft;
    return { ...this.triage, minutes: this.place.minutes, ...(item && { item }) };
  });

  /** All hospitals, the best for this patient first. */
  readonly ranked = $derived.by(() => rankOf(this.hospitals, this.need, this.live.now, this.live.timings));

  readonly #byId = $derived.by(() => new Map(this.ranked.map((r) => [r.id, r])));

  /** Those who said no, whether they still stand as cards or not. */
  readonly refusals = $derived(this.course ? refusalsOf(this.course) : []);

  readonly round = $derived(this.course ? roundOf(this.course) : []);

  /** Those who said no before, in a line. */
  readonly refusedBefore = $derived(this.refusals.filter((r) => !this.round.includes(r)));

  /** Those that the main button may ask, in the order in which they stand. */
  readonly candidates = $derived.by((): readonly string[] => {
    const asked = this.course?.requests.filter(goes).map((r) => r.hospital) ?? [];
    const out = new Set([
      ...asked,
      ...this.round.map((r) => r.hospital),
      ...this.refusals.map((r) => r.hospital),
    ]);
    const best = this.ranked.filter((r) => !r.leftOut && !out.has(r.id)).map((r) => r.id);
    const question = JSON.stringify([
      this.course?.case.id,
      this.triage,
      this.draft.item,
      [...out],
      this.regions,
    ]);
    return this.#steady.order(question, best, performance.now());
  });

  readonly rows = $derived.by((): readonly Row[] => {
    const sent = this.asking.plan?.hospitals.map((h) => h.hospital_id) ?? [];
    const asked = this.round.map((request) => this.#row(request.hospital, 0, request));
    const left = this.candidates.filter((id) => !asked.some((r) => r.id === id));
    const room = Math.max(1, CARDS - asked.length);
    const next = left.slice(0, room).map((id, i) => this.#row(id, i + 1, null, sent.includes(id)));
    return [...asked, ...next].slice(0, MOST_CARDS);
  });

  #row(id: string, rank: number, request: Request | null, sending = false): Row {
    return { id, rank, card: this.cardOf(id), request, sending };
  }

  cardOf(id: string): Card | null {
    const ranked = this.#byId.get(id);
    return ranked ? this.card(ranked) : null;
  }

  card(ranked: Ranked): Card {
    return cardOf(ranked, this.hospitals.get(ranked.id)!, this.live.now);
  }

  /** Whom the main button asks. */
  readonly next = $derived(this.candidates.slice(0, AT_ONCE));

  touch(down: boolean): void {
    this.#steady.touch(down, performance.now());
  }

  /** Asks hospitals for the patient who is looked at. */
  readonly ask = (ids: readonly string[]): void => {
    const hospitals = ids.map((id) => this.#asked(id));
    void this.asking.start(this.course?.case.id ?? '', this.triage, hospitals);
  };

  #asked(id: string): Asked {
    const minutes = this.place.minutes[id];
    const { item } = this.draft;
    return {
      hospital_id: id,
      ...(item && { item }),
      ...(minutes !== undefined && { arrive_at: new Date(this.live.now + minutes * 60_000).toISOString() }),
    };
  }

  /** Begins with the next patient; what goes on, goes on. */
  readonly newPatient = (): void => {
    this.chosen = '';
    this.draft = BLANK;
    this.asking.clear();
  };
}
