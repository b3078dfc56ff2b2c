import type { Shape } from '../kit/shape.ts';
import { Icon, make, setAttribute, setText } from './dom.ts';
import type { Dictionary } from './i18n.ts';
import { MessagesRow } from './messages.ts';
import {
  ITEMS,
  observedText,
  sourceText,
  type CellKind,
  type Row,
  type RowState,
  type Shown,
} from './view.ts';
import type { Millis } from '../feed/index.ts';

/** How long a number that moved is marked, in milliseconds (R17). */
const MARK_MS = 1_500;

const CELL_SHAPE: Record<CellKind, Shape> = {
  free: 'circle',
  full: 'square',
  over: 'square',
  unknown: 'ring',
  not_reported: 'ring',
  not_offered: 'cross',
  withdrawn: 'cross',
};

const AGE_SHAPE: Record<RowState, Shape> = {
  fresh: 'circle',
  ageing: 'triangle',
  stale: 'ring',
  withdrawn: 'cross',
  not_reported: 'ring',
};

/** One number of beds: shape, word, number, total; under it what the source said, when a person corrected it. */
class NumberCell {
  readonly element: HTMLElement;
  readonly #icon = new Icon();
  readonly #word = make('span', { class: 'word' });
  readonly #number = make('b', { class: 'number' });
  readonly #total = make('span', { class: 'total' });
  readonly #label = make('span', { class: 'label', 'aria-hidden': 'true' });
  readonly #source = make('span', { class: 'source' });
  #unmark: ReturnType<typeof setTimeout> | undefined;
  #fresh = true; // not filled yet: the first number is no change

  constructor() {
    const count = make('span', { class: 'count' }, this.#number, this.#total);
    const value = make('div', { class: 'value' }, this.#icon.element, this.#word, count, this.#source);
    this.element = make('td', { role: 'cell', class: 'beds' }, this.#label, value);
  }

  show(cell: Shown, d: Dictionary, label: string): void {
    setAttribute(this.element, 'data-kind', cell.kind);
    this.#icon.show(CELL_SHAPE[cell.kind]);
    setText(this.#label, label);
    setText(this.#word, d.cell[cell.kind]);
    setText(this.#total, cell.total);
    this.element.toggleAttribute('data-corrected', cell.source !== null);
    setText(this.#source, cell.source ? d.corrected(sourceText(d, cell.source)) : '');
    if (setText(this.#number, cell.number) && !this.#fresh) this.#mark();
    this.#fresh = false;
  }

  #mark(): void {
    clearTimeout(this.#unmark);
    this.element.classList.add('moved');
    this.#unmark = setTimeout(() => this.element.classList.remove('moved'), MARK_MS);
  }
}

/** One hospital: its numbers, and below them what it announces. */
class HospitalRows {
  readonly element: HTMLElement;
  readonly #numbers: HTMLElement;
  readonly #name = make('span', { class: 'name', lang: 'ko' });
  readonly #tel = make('a', { class: 'tel' });
  readonly #cells = ITEMS.map(() => new NumberCell());
  readonly #ageIcon = new Icon();
  readonly #ageWord = make('span', { class: 'word' });
  readonly #ageText = make('span', { class: 'ago' });
  readonly #messages = new MessagesRow(ITEMS.length + 3);

  constructor(id: string) {
    this.#numbers = make(
      'tr',
      { role: 'row' },
      make('th', { scope: 'row', role: 'rowheader' }, this.#name),
      make('td', { role: 'cell', class: 'phone' }, this.#tel),
      ...this.#cells.map((c) => c.element),
      make(
        'td',
        { role: 'cell', class: 'age' },
        make('div', { class: 'value' }, this.#ageIcon.element, this.#ageWord, this.#ageText),
      ),
    );
    const rows = [this.#numbers, this.#messages.element];
    this.element = make('tbody', { role: 'rowgroup', 'data-hospital': id }, ...rows);
  }

  show(row: Row, d: Dictionary, now: Millis): void {
    setAttribute(this.#numbers, 'data-state', row.state);
    setText(this.#name, row.name);
    this.#showTel(row.tel);
    this.#cells.forEach((c, i) => c.show(row.cells[i]!, d, d.columns[ITEMS[i]!]));
    this.#ageIcon.show(AGE_SHAPE[row.state]);
    setText(this.#ageWord, d.state[row.state]);
    setText(this.#ageText, observedText(d, row, now));
    this.#messages.show(row.messages, d);
  }

  /** The source writes telephones freely; what holds a number can be dialled. */
  #showTel(tel: string): void {
    setText(this.#tel, tel);
    const digits = /\d[\d-]{5,}\d/.exec(tel)?.[0];
    if (digits) setAttribute(this.#tel, 'href', `tel:${digits}`);
    else this.#tel.removeAttribute('href');
  }
}

/** The table of a region's hospitals. Its rows are kept by hospital and patched in place. */
export class Table {
  readonly element: HTMLElement;
  readonly #head: HTMLElement[];
  readonly #table: HTMLElement;
  readonly #message = make('p', { class: 'message' });
  #rows = new Map<string, HospitalRows>();

  constructor() {
    this.#head = ['hospital', 'phone', ...ITEMS.map(() => 'beds'), 'age'].map((c) =>
      make('th', { scope: 'col', role: 'columnheader', class: c }),
    );
    const head = make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...this.#head));
    this.#table = make('table', { role: 'table' }, head);
    this.element = make('div', {}, this.#table, this.#message);
  }

  /** Forgets all rows: another region is not a change of numbers. */
  clear(): void {
    for (const row of this.#rows.values()) row.element.remove();
    this.#rows = new Map();
  }

  /** Shows the rows in their order; null while there is no board yet. */
  show(rows: readonly Row[] | null, d: Dictionary, now: Millis): void {
    const titles = [d.columns.hospital, d.columns.tel, ...ITEMS.map((i) => d.columns[i]), d.columns.age];
    this.#head.forEach((th, i) => setText(th, titles[i]!));
    setText(this.#message, rows === null ? d.loading : rows.length === 0 ? d.empty : '');
    this.#message.hidden = rows !== null && rows.length > 0;
    this.#forget(new Set(rows?.map((r) => r.id)));
    rows?.forEach((row, i) => this.#place(row, i, d, now));
  }

  #forget(kept: ReadonlySet<string>): void {
    for (const [id, row] of this.#rows) {
      if (kept.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
  }

  #place(row: Row, i: number, d: Dictionary, now: Millis): void {
    let held = this.#rows.get(row.id);
    if (!held) this.#rows.set(row.id, (held = new HospitalRows(row.id)));
    held.show(row, d, now);
    const there = this.#table.children[i + 1] ?? null; // after the head
    if (there !== held.element) this.#table.insertBefore(held.element, there);
  }
}
