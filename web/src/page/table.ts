import type { Dictionary } from './i18n.ts';
import { ITEMS, observedText, type Cell, type CellKind, type Row } from './view.ts';
import type { Freshness, Millis } from '../feed/index.ts';

/** How long a number that moved is marked, in milliseconds (R17). */
const MARK_MS = 1_500;

const SVG = 'http://www.w3.org/2000/svg';

export type Shape = 'circle' | 'triangle' | 'square' | 'ring' | 'cross';

const CELL_SHAPE: Record<CellKind, Shape> = {
  free: 'circle',
  full: 'square',
  over: 'square',
  unknown: 'ring',
  not_reported: 'ring',
  not_offered: 'cross',
  withdrawn: 'cross',
};

const AGE_SHAPE: Record<Freshness, Shape> = {
  fresh: 'circle',
  ageing: 'triangle',
  stale: 'ring',
  withdrawn: 'cross',
};

/** Makes an element; children are nodes or text. */
export function make(
  tag: string,
  attributes: Record<string, string>,
  ...children: (Node | string)[]
): HTMLElement {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) el.setAttribute(name, value);
  el.append(...children);
  return el;
}

/** An icon of the sprite in index.html; the word beside it says the same. */
export class Icon {
  readonly element = document.createElementNS(SVG, 'svg');
  readonly #use = document.createElementNS(SVG, 'use');

  constructor() {
    this.element.setAttribute('aria-hidden', 'true');
    this.element.append(this.#use);
  }

  show(shape: Shape): void {
    setAttribute(this.#use, 'href', `#${shape}`);
  }
}

/** Writes only what differs, so that nothing is laid out or spoken again. */
export function setText(el: Node, text: string): boolean {
  if (el.textContent === text) return false;
  el.textContent = text;
  return true;
}

export function setAttribute(el: Element, name: string, value: string): void {
  if (el.getAttribute(name) !== value) el.setAttribute(name, value);
}

/** One number of beds: shape, word, number, total. */
class NumberCell {
  readonly element: HTMLElement;
  readonly #icon = new Icon();
  readonly #word = make('span', { class: 'word' });
  readonly #number = make('b', { class: 'number' });
  readonly #total = make('span', { class: 'total' });
  readonly #label = make('span', { class: 'label', 'aria-hidden': 'true' });
  #unmark: ReturnType<typeof setTimeout> | undefined;
  #fresh = true; // not filled yet: the first number is no change

  constructor() {
    const count = make('span', { class: 'count' }, this.#number, this.#total);
    const value = make('div', { class: 'value' }, this.#icon.element, this.#word, count);
    this.element = make('td', { role: 'cell', class: 'beds' }, this.#label, value);
  }

  show(cell: Cell, d: Dictionary, label: string): void {
    setAttribute(this.element, 'data-kind', cell.kind);
    this.#icon.show(CELL_SHAPE[cell.kind]);
    setText(this.#label, label);
    setText(this.#word, d.cell[cell.kind]);
    setText(this.#total, cell.total);
    if (setText(this.#number, cell.number) && !this.#fresh) this.#mark();
    this.#fresh = false;
  }

  #mark(): void {
    clearTimeout(this.#unmark);
    this.element.classList.add('moved');
    this.#unmark = setTimeout(() => this.element.classList.remove('moved'), MARK_MS);
  }
}

/** One hospital. */
class HospitalRow {
  readonly element: HTMLElement;
  readonly #name = make('span', { class: 'name', lang: 'ko' });
  readonly #tel = make('a', { class: 'tel' });
  readonly #cells = ITEMS.map(() => new NumberCell());
  readonly #ageIcon = new Icon();
  readonly #ageWord = make('span', { class: 'word' });
  readonly #ageText = make('span', { class: 'ago' });

  constructor(id: string) {
    this.element = make(
      'tr',
      { role: 'row', 'data-hospital': id },
      make('th', { scope: 'row', role: 'rowheader' }, this.#name),
      make('td', { role: 'cell', class: 'phone' }, this.#tel),
      ...this.#cells.map((c) => c.element),
      make(
        'td',
        { role: 'cell', class: 'age' },
        make('div', { class: 'value' }, this.#ageIcon.element, this.#ageWord, this.#ageText),
      ),
    );
  }

  show(row: Row, d: Dictionary, now: Millis): void {
    setAttribute(this.element, 'data-state', row.freshness);
    setText(this.#name, row.name);
    this.#showTel(row.tel);
    this.#cells.forEach((c, i) => c.show(row.cells[i]!, d, d.columns[ITEMS[i]!]));
    this.#ageIcon.show(AGE_SHAPE[row.freshness]);
    setText(this.#ageWord, d.freshness[row.freshness]);
    setText(this.#ageText, observedText(d, row, now));
  }

  /** The source writes telephones freely; what holds a number can be dialled. */
  #showTel(tel: string): void {
    setText(this.#tel, tel);
    const digits = /\d[\d-]{5,}\d/.exec(tel)?.[0];
    if (digits) setAttribute(this.#tel, 'href', `tel:${digits}`);
    else this.#tel.removeAttribute('href');
  }
}

/** The table of a region's hospitals. Rows are kept by hospital and patched in place. */
export class Table {
  readonly element: HTMLElement;
  readonly #head: HTMLElement[];
  readonly #body = make('tbody', { role: 'rowgroup' });
  readonly #message = make('p', { class: 'message' });
  #rows = new Map<string, HospitalRow>();

  constructor() {
    this.#head = ['hospital', 'phone', ...ITEMS.map(() => 'beds'), 'age'].map((c) =>
      make('th', { scope: 'col', role: 'columnheader', class: c }),
    );
    const head = make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...this.#head));
    this.element = make('div', {}, make('table', { role: 'table' }, head, this.#body), this.#message);
  }

  /** Forgets all rows: another region is not a change of numbers. */
  clear(): void {
    this.#rows = new Map();
    this.#body.replaceChildren();
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
    if (!held) this.#rows.set(row.id, (held = new HospitalRow(row.id)));
    held.show(row, d, now);
    const there = this.#body.children[i] ?? null;
    if (there !== held.element) this.#body.insertBefore(held.element, there);
  }
}
