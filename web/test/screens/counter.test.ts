import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, it } from 'vitest';
import Counter from '../../src/hospital/Counter.svelte';
import type { Console } from '../../src/hospital/console.svelte.ts';
import type { Counted } from '../../src/hospital/own.ts';
import { words } from '../../src/hospital/words.ts';

const counted = (more: Partial<Counted> = {}): Counted => ({
  code: 'er.general',
  state: 'known',
  value: 6,
  total: 40,
  yesNo: false,
  group: 'er',
  source: null,
  at: 0,
  held: 0,
  free: 6,
  ...more,
});

/** A desk that answers when it is told to, and what it was told. */
function slow() {
  const told: number[] = [];
  const answers: (() => void)[] = [];
  const correct = (_: string, said: { value: number }) => {
    told.push(said.value);
    return new Promise((done) => answers.push(() => done([])));
  };
  const desk = { capacity: { correct }, shown: () => {} } as unknown as Console;
  return { desk, told, answers };
}

const draw = (desk: Console, more: Partial<Counted> = {}) =>
  render(Counter, { desk, counted: counted(more), name: '응급실', words: words.ko, big: true });

it('one press is one correction, shown at once; presses in a hurry become one more', async () => {
  const { desk, told, answers } = slow();
  draw(desk);
  const add = screen.getByRole('button', { name: '응급실 하나 늘림' });
  for (let i = 0; i < 3; i++) await fireEvent.click(add);
  expect(screen.getByRole('status').textContent).toContain('9');
  expect(told).toEqual([7]);
  answers.shift()!();
  await expect.poll(() => told).toEqual([7, 9]);
});

it('more patients than beds is a word, no negative number', () => {
  draw(slow().desk, { value: -3 });
  expect(screen.getByRole('status').textContent).toBe('포화 +3');
});

it('what is unknown is no zero; the first press makes it a number', async () => {
  const { desk, told } = slow();
  draw(desk, { state: 'unknown', value: 0 });
  expect(screen.getByRole('status').textContent).toBe('모름');
  await fireEvent.click(screen.getByRole('button', { name: '응급실 하나 늘림' }));
  expect(told).toEqual([1]);
});
