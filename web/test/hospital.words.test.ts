import { describe, expect, it } from 'vitest';
import { words, type Words } from '../src/hospital/words.ts';

describe('R27: what asks for something', () => {
  const asks = (w: Words) => [
    ...Object.values(w.own),
    w.cut,
    w.deaf,
    w.askBeds,
    w.testHelp,
    w.testAsk,
    w.full,
  ];

  it.each(asks(words.ko))('%s is short', (text) => {
    expect([...text].length).toBeLessThanOrEqual(31);
  });

  it.each(Object.values(words.ko.own))('%s says what to do next', (text) => {
    expect(text).toMatch(/(하세요|누르세요|보세요)\.$/);
  });
});

/** All texts of a dictionary, those of functions with a 7. */
function textsOf(v: unknown): string[] {
  if (typeof v === 'function') return [String((v as (...a: unknown[]) => unknown)(7, 7))];
  return typeof v === 'object' && v !== null ? Object.values(v).flatMap(textsOf) : [String(v)];
}

it('no text is empty but those that are in both languages, and English has no Hangul', () => {
  expect(textsOf(words.en).length).toBe(textsOf(words.ko).length);
  const hangul = textsOf(words.en).filter((t) => /[가-힣]/.test(t));
  expect(hangul).toEqual(['한국어']);
});
