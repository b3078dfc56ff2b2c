import { make, setAttribute, setText } from './dom.ts';
import type { Dictionary } from './i18n.ts';
import type { Message } from './announcement.ts';

/** How many messages stand there before somebody asks for the rest. */
const SHOWN = 2;

/**
 * What a hospital announces, in a row below its numbers. The row has its two
 * lines whether there is a message or not: nobody's finger on a telephone number
 * is to land on another hospital because a message came. Pressed, it shows
 * everything at full length.
 */
export class MessagesRow {
  readonly element: HTMLElement;
  readonly #list = make('span', { class: 'list', lang: 'ko' });
  readonly #more = make('span', { class: 'more' });
  readonly #button = make('button', { type: 'button', class: 'messages' }, this.#list, this.#more);
  #open = false;
  #redraw = (): void => {};

  constructor(columns: number) {
    const cell = make('td', { role: 'cell', colspan: String(columns), 'aria-colspan': String(columns) });
    cell.append(this.#button);
    this.element = make('tr', { role: 'row', class: 'said' }, cell);
    this.#button.addEventListener('click', () => {
      this.#open = !this.#open;
      this.#redraw();
    });
  }

  show(messages: readonly Message[], d: Dictionary): void {
    this.#redraw = () => this.show(messages, d);
    const shown = this.#open ? messages : messages.slice(0, SHOWN);
    const rest = messages.length - shown.length;
    this.element.toggleAttribute('data-empty', messages.length === 0);
    setAttribute(this.#button, 'aria-expanded', String(this.#open));
    while (this.#list.childElementCount > shown.length) this.#list.lastElementChild!.remove();
    shown.forEach((m, i) => showLine(this.#lineAt(i), m, d));
    setText(this.#more, rest > 0 ? d.more(rest) : '');
  }

  #lineAt(i: number): Element {
    const held = this.#list.children[i];
    if (held) return held;
    const parts = ['kind', 'department', 'text'].map((name) => make('span', { class: name }));
    const line = make('span', { class: 'line' }, ...parts.flatMap((p) => [p, ' ']));
    this.#list.append(line);
    return line;
  }
}

function showLine(line: Element, m: Message, d: Dictionary): void {
  const [kind, department, text] = line.children;
  setAttribute(line, 'data-kind', m.kind);
  setText(kind!, d.kind[m.kind]);
  setText(department!, m.department);
  setText(text!, m.text || d.noText);
}
