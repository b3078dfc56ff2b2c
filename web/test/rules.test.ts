/** Each rule that concerns the screens which exist is named by a test that checks it. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** R28 and R29 were never given. */
const RULES = Array.from({ length: 34 }, (_, i) => `R${i + 1}`).filter((r) => r !== 'R28' && r !== 'R29');

/** All that is written in the tests of the unit, of components and of the browser, but for this file. */
function written(): string {
  const folders = ['.', 'screens', '../e2e'].map((f) => new URL(`${f}/`, import.meta.url));
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.(test|e2e)\.ts$/.test(name) && name !== 'rules.test.ts')
      .map((name) => readFileSync(new URL(name, folder), 'utf8')),
  );
  return files.join('\n');
}

it.each(RULES)('%s is named by a test', (rule) => {
  expect(written()).toMatch(new RegExp(`\\b${rule}\\b`));
});
