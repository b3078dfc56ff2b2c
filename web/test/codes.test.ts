import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rowOfClose, TABLE } from '../src/feed/codes.ts';

const source = readFileSync(new URL('../../model/fault/fault.go', import.meta.url), 'utf8');

/** Reads `Name Type = "text"` constants of the Go source. */
function constants(type: string): Map<string, string> {
  const found = source.matchAll(new RegExp(`^\\s+(\\w+)\\s+${type}\\s+= "(\\w+)"`, 'gm'));
  return new Map([...found].map((m) => [m[1]!, m[2]!]));
}

it('holds the rows of model/fault.Table, in their order', () => {
  const codes = constants('Code');
  const actions = constants('Action');
  const rows = [...source.matchAll(/^\t\{(\w+), \d+, (\d+), (\w+), "/gm)].map((m) => ({
    code: codes.get(m[1]!),
    close: Number(m[2]),
    action: actions.get(m[3]!),
  }));
  expect(rows.length).toBe(codes.size); // every code has its row, and the pattern missed none
  expect(rows.length).toBeGreaterThan(20);
  expect(TABLE).toEqual(rows);
});

it('finds a row by its close code, and none for an error frame or a cut', () => {
  expect(rowOfClose(4403)?.code).toBe('token_expired');
  expect(rowOfClose(0)).toBeUndefined();
  expect(rowOfClose(1006)).toBeUndefined();
});
