/** The few things that the page does to the document. Text goes in as text, never as markup. */

import type { Shape } from '../kit/shape.ts';

const SVG = 'http://www.w3.org/2000/svg';

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
