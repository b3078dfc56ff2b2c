// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_TIMINGS, type Entry } from '../src/feed/index.ts';
import { messagesOf } from '../src/page/announcement.ts';
import { dictionaries } from '../src/page/i18n.ts';
import { MessagesRow } from '../src/page/messages.ts';
import { rowsOf } from '../src/page/view.ts';

const { ko } = dictionaries;
const NOW = Date.parse('2026-11-23T09:00:00.000Z');
const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

const said = (more: object = {}) => ({
  kind: 'er',
  text: '경증환자 수용불가',
  starts_at: ago(5),
  ends_at: null,
  since: ago(4),
  ...more,
});
const texts = (...values: unknown[]) =>
  messagesOf(
    values.map((v, i) => [`msg/${i}`, v] as const),
    NOW,
  ).map((m) => m.text);

describe('messages in force', () => {
  it.each([
    [{}, 1],
    [{ lifted: true }, 0],
    [{ starts_at: ago(-1) }, 0],
    [{ starts_at: ago(0) }, 1],
    [{ starts_at: null }, 1],
    [{ ends_at: ago(-1) }, 1],
    [{ ends_at: ago(0) }, 0],
    [{ ends_at: ago(1) }, 0],
    [{ starts_at: 'soon', ends_at: 'later' }, 1],
    [{ lifted: 'true' }, 1],
    [{ text: '' }, 1],
  ])('%j: %i', (more, n) => expect(texts(said(more))).toHaveLength(n));

  it('are objects: anything else is no message', () => {
    expect(texts(null, 'x', 7, undefined)).toEqual([]);
  });

  it('speak of the emergency room first, then the newest first', () => {
    const severe = said({ kind: 'severe', text: '중증', starts_at: ago(1) });
    const old = said({ text: '어제', starts_at: ago(900) });
    const undated = said({ text: '언제', starts_at: null });
    expect(texts(severe, undated, old, said({ text: '방금' }))).toEqual(['방금', '어제', '언제', '중증']);
  });

  it('belong to their hospital, each by its key', () => {
    const board: Entry[] = [
      { key: 'A1100001/hospital', seq: 1, value: { name: '가람병원' } },
      { key: 'A1100001/msg/0001', seq: 1, value: said({ text: '하나' }) },
      { key: 'A1100001/msg/0002', seq: 1, value: said({ text: '둘', starts_at: ago(9) }) },
      { key: 'A1100002/msg/0003', seq: 1, value: said() },
    ];
    const [row] = rowsOf(board, DEFAULT_TIMINGS, NOW);
    expect(row!.messages.map((m) => m.text)).toEqual(['하나', '둘']);
  });
});

describe('the row of messages', () => {
  let row: MessagesRow;
  const show = (...values: unknown[]) =>
    row.show(
      messagesOf(
        values.map((v, i) => [`msg/${i}`, v] as const),
        NOW,
      ),
      ko,
    );
  const lines = () => [...row.element.querySelectorAll('.line')].map((l) => l.textContent!.trim());
  const button = () => row.element.querySelector('button')!;

  beforeEach(() => {
    row = new MessagesRow(6);
    document.body.replaceChildren(row.element);
  });

  it('shows two and says how many more there are; pressed, it shows all', () => {
    show(said({ text: '하나' }), said({ text: '둘' }), said({ text: '셋' }), said({ text: '넷' }));
    expect(lines()).toEqual(['응급실  하나', '응급실  둘']);
    expect(row.element.querySelector('.more')!.textContent).toBe('그 외 2건');
    button().click();
    expect(lines()).toHaveLength(4);
    expect(row.element.querySelector('.more')!.textContent).toBe('');
    expect(button().getAttribute('aria-expanded')).toBe('true');
    button().click();
    expect(lines()).toHaveLength(2);
  });

  it('keeps its place when there is nothing to say', () => {
    show(said());
    expect(row.element.hasAttribute('data-empty')).toBe(false);
    show();
    expect(row.element.hasAttribute('data-empty')).toBe(true);
    expect(lines()).toEqual([]);
  });

  it('names the department, and says that there is no text', () => {
    show(said({ kind: 'severe', department: '정형외과', text: '' }));
    expect(lines()).toEqual(['중증 정형외과 내용 없음']);
  });

  it('takes text as text, never as markup', () => {
    const evil = '<img src=x onerror=alert(1)>';
    show(said({ text: evil, department: evil }));
    expect(row.element.querySelector('img')).toBeNull();
    expect(lines()[0]).toContain(evil);
  });
});
