// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_TIMINGS, type Entry } from '../src/feed/index.ts';
import { dictionaries } from '../src/page/i18n.ts';
import { Table } from '../src/page/table.ts';
import { rowsOf } from '../src/page/view.ts';

const { ko } = dictionaries;
const NOW = Date.parse('2026-11-23T09:00:00.000Z');

function board(value: number | null, minutes = 1, tel = '02-555-1000'): Entry[] {
  const reading = value === null ? { state: 'unknown', raw: 999 } : { state: 'known', value, total: 40 };
  const observed = new Date(NOW - minutes * 60_000).toISOString();
  return [
    { key: 'A1100001/hospital', seq: 1, value: { name: '가람병원', tel } },
    { key: 'A1100001/egen', seq: 1, value: { observed_at: observed, received_at: observed } },
    { key: 'A1100001/er', seq: 1, value: { 'er.general': reading } },
    { key: 'A1100002/hospital', seq: 1, value: { name: '나래병원' } },
  ];
}

let table: Table;
const show = (b: Entry[]) => table.show(rowsOf(b, DEFAULT_TIMINGS, NOW), ko, NOW);
const $ = (selector: string) => table.element.querySelector<HTMLElement>(selector)!;
const cell = () => $('[data-hospital=A1100001] .beds');

beforeEach(() => {
  vi.useFakeTimers();
  table = new Table();
  document.body.replaceChildren(table.element);
});

afterEach(() => vi.useRealTimers());

describe('the table', () => {
  it('says that it loads, never that there is nothing', () => {
    table.show(null, ko, NOW);
    expect($('.message').textContent).toBe(ko.loading);
    table.show([], ko, NOW);
    expect($('.message').textContent).toBe(ko.empty);
    show(board(6));
    expect($('.message').hidden).toBe(true);
  });

  it('shows a number with shape and word (R5)', () => {
    show(board(6));
    expect(cell().querySelector('use')!.getAttribute('href')).toBe('#circle');
    expect(cell().querySelector('.word')!.textContent).toBe('있음');
    expect(cell().querySelector('.count')!.textContent).toBe('6/40');
  });

  it('shows over capacity as such, and nothing unknown or withdrawn as a number', () => {
    show(board(-3));
    expect(cell().querySelector('.value')!.textContent).toBe('포화+3');
    show(board(null));
    expect(cell().querySelector('.value')!.textContent).toBe('모름?');
    show(board(6, 95));
    expect(cell().querySelector('.value')!.textContent).toBe('만료–');
    expect($('[data-hospital=A1100001] tr').dataset['state']).toBe('withdrawn');
  });

  it('shows no number of a hospital that does not report', () => {
    show(board(6));
    const silent = $('[data-hospital=A1100002]');
    expect(silent.querySelector<HTMLElement>('tr')!.dataset['state']).toBe('not_reported');
    expect(silent.textContent).not.toMatch(/[\d?]/);
    expect(silent.querySelector('.age')!.textContent).toBe('미보고');
  });

  it('marks what a person corrected, with the source’s number under it', () => {
    const known = (value: number) => ({ state: 'known', value });
    const at = new Date(NOW).toISOString();
    const ends_at = new Date(NOW + 60_000).toISOString();
    const corrected = { 'er.general': { value: known(1), source: known(6), by: 'kim', at, ends_at } };
    show([...board(1), { key: 'A1100001/corrected', seq: 2, value: corrected }]);
    expect(cell().querySelector('.source')!.textContent).toBe('병원 확인 · 원본 6');
    expect(cell().hasAttribute('data-corrected')).toBe(true);
    show(board(6));
    expect(cell().querySelector('.source')!.textContent).toBe('');
    expect(cell().hasAttribute('data-corrected')).toBe(false);
  });

  it('marks only the number that moved, for 1.5 s, and none when it first comes (R17)', () => {
    show(board(6));
    expect($('.moved')).toBeNull();
    show(board(5));
    expect([...table.element.querySelectorAll('.moved')]).toEqual([cell()]);
    vi.advanceTimersByTime(1_000);
    show(board(4));
    vi.advanceTimersByTime(1_499);
    expect(cell().classList.contains('moved')).toBe(true);
    vi.advanceTimersByTime(1);
    expect($('.moved')).toBeNull();
  });

  it('does not mark another region', () => {
    show(board(6));
    table.clear();
    show(board(5));
    expect($('.moved')).toBeNull();
  });

  it('keeps its elements and removes those of a hospital that is gone', () => {
    show(board(6));
    const held = $('[data-hospital=A1100001]');
    show(board(5));
    expect($('[data-hospital=A1100001]')).toBe(held);
    show(board(5).slice(0, 3));
    expect([...table.element.querySelectorAll('tbody')]).toEqual([held]);
  });

  it('lets a telephone be dialled, and only a telephone', () => {
    show(board(6));
    expect($('.tel').getAttribute('href')).toBe('tel:02-555-1000');
    show(board(6, 1, 'javascript:alert(1)'));
    expect($('.tel').hasAttribute('href')).toBe(false);
    expect($('.tel').textContent).toBe('javascript:alert(1)');
  });
});
