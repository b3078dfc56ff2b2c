import { describe, expect, it } from 'vitest';
import { Deed } from '../../src/kit/deed.svelte.ts';
import { Problem, UNREACHABLE, type Command } from '../../src/rest/index.ts';

/** A deed whose outcomes are given, and the keys it was carried out with. */
function deed(...outcomes: (Problem | null)[]): { it: Deed<[string]>; keys: (string | undefined)[] } {
  const keys: (string | undefined)[] = [];
  const act = async ({ key }: Command): Promise<void> => {
    keys.push(key);
    const failed = outcomes.shift();
    if (failed) throw failed;
  };
  return { it: new Deed<[string]>(act), keys };
}

const lost = () => new Problem(UNREACHABLE, 'no answer');
const refused = () => new Problem('conflict', 'no', { status: 409 });

describe('a deed', () => {
  it('pressed again after a lost answer is the same command', async () => {
    const { it: d, keys } = deed(lost(), null);
    expect(await d.run('a')).toBe(false);
    expect(d.failure?.code).toBe(UNREACHABLE);
    expect(await d.run('a')).toBe(true);
    expect(d.failure).toBeNull();
    expect(keys[0]).toBe(keys[1]);
  });

  it('is another command for something else, after a refusal, and after a success', async () => {
    const { it: d, keys } = deed(lost(), refused(), null, null);
    for (const said of ['a', 'b', 'b', 'b']) await d.run(said);
    expect(new Set(keys).size).toBe(4);
  });

  it('is not carried out twice by two presses', async () => {
    const { it: d, keys } = deed(null);
    const both = [d.run('a'), d.run('a')];
    expect(d.busy).toBe(true);
    expect(await Promise.all(both)).toEqual([true, false]);
    expect(keys.length).toBe(1);
    expect(d.busy).toBe(false);
  });
});
