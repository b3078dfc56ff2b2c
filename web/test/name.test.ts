import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { shortName } from '../src/domain/index.ts';

/** The names of the test in Go. */
function namesOf(): [name: string, short: string][] {
  const source = readFileSync(new URL('../../model/name_test.go', import.meta.url), 'utf8');
  const table = /func TestShortName[\s\S]*?\n\}/.exec(source)![0];
  return [...table.matchAll(/^\t\t"([^"]*)":\s+"([^"]*)",/gm)].map((m) => [m[1]!, m[2]!]);
}

it('calls every hospital as Go does', () => {
  const names = namesOf();
  expect(names.length).toBeGreaterThan(25);
  for (const [name, short] of names) expect([name, shortName(name)]).toEqual([name, short]);
});
