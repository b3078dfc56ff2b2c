import { describe, expect, it } from 'vitest';
import { Asking, SEND_MS, type Shelf } from '../../src/ambulance/asking.svelte.ts';
import { Problem, UNREACHABLE, type Command } from '../../src/rest/index.ts';

interface Said {
  readonly what: 'open' | 'ask';
  readonly key: string | undefined;
  readonly case?: string;
  readonly sendBy?: string | undefined;
}

/** A server whose answers are given one by one, and a clock that moves while a crew waits. */
function world(answers: (Problem | 'lost' | null)[]) {
  const shelf = memory();
  const said: Said[] = [];
  let now = 1_000_000;
  const opened: string[] = [];
  const answer = (): void => {
    const next = answers.shift() ?? null;
    if (next === 'lost') throw new Problem(UNREACHABLE, 'no answer');
    if (next) throw next;
  };
  const asking = new Asking({
    conditions: {
      async open(_, c?: Command) {
        said.push({ what: 'open', key: c?.key });
        answer();
        return { value: { id: 'c1', code: '1', version: 1, state: 'open' as const }, feeds: [] };
      },
    },
    reservations: {
      async ask(id, _hospitals, sendBy, c?: Command) {
        said.push({ what: 'ask', key: c?.key, case: id, sendBy });
        answer();
        return { value: [], feeds: [] };
      },
    },
    now: () => now,
    overlay: () => {},
    opened: (id) => opened.push(id),
    shelf,
    pause: async (ms) => void (now += ms),
  });
  const start = () => asking.start('', { ktas: 2 }, [{ hospital_id: 'A1' }]);
  return { asking, said, opened, shelf, start, pass: (ms: number) => (now += ms) };
}

function memory(): Shelf & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
}

describe('one press', () => {
  it('opens the case and asks, each with a key of its own, and until when', async () => {
    const w = world([]);
    await w.start();
    expect(w.said.map((s) => s.what)).toEqual(['open', 'ask']);
    expect(w.said[0]!.key).not.toBe(w.said[1]!.key);
    expect(w.said[1]).toMatchObject({ case: 'c1', sendBy: new Date(1_000_000 + SEND_MS).toISOString() });
    expect([w.opened, w.asking.plan, w.asking.busy]).toEqual([['c1'], null, false]);
  });

  it('in a dead zone is one command, however often its answers are lost', async () => {
    const w = world(['lost', 'lost', null, 'lost', null]);
    await w.start();
    expect(w.said.map((s) => s.what)).toEqual(['open', 'open', 'open', 'ask', 'ask']);
    expect(new Set(w.said.map((s) => s.key)).size).toBe(2);
    expect(new Set(w.said.slice(3).map((s) => s.sendBy)).size).toBe(1);
    expect(w.asking.plan).toBeNull();
  });

  it('is never sent silently after a minute (R14): the crew is told', async () => {
    const w = world(Array.from({ length: 100 }, () => 'lost' as const));
    await w.start();
    expect(w.said.length).toBe(SEND_MS / 1000);
    expect(w.asking.failure?.code).toBe('too_late');
    expect(w.asking.plan).not.toBeNull();
    w.asking.clear();
    expect([w.asking.plan, w.asking.failure]).toEqual([null, null]);
  });

  it('that the server refuses is told at once, and not tried again', async () => {
    const w = world([null, new Problem('conflict', 'no', { status: 409 })]);
    await w.start();
    expect(w.said.length).toBe(2);
    expect(w.asking.failure?.code).toBe('conflict');
  });

  it('while another is under way does nothing', async () => {
    const w = world([]);
    await Promise.all([w.start(), w.start()]);
    expect(w.said.length).toBe(2);
  });
});

describe('a reload', () => {
  const plan = {
    caseId: 'c1',
    triage: {},
    hospitals: [{ hospital_id: 'A1' }],
    openKey: 'k1',
    askKey: 'k2',
    since: 1_000_000,
  };

  it('goes on with what it interrupted, with the same keys', async () => {
    const w = world([]);
    w.shelf.setItem('weer.asking', JSON.stringify(plan));
    await w.asking.resume();
    expect(w.said).toEqual([expect.objectContaining({ what: 'ask', case: 'c1', key: 'k2' })]);
    expect(w.shelf.kept.size).toBe(0);
  });

  it('after a minute sends nothing, and says so', async () => {
    const w = world([]);
    w.shelf.setItem('weer.asking', JSON.stringify(plan));
    w.pass(SEND_MS);
    await w.asking.resume();
    expect([w.said, w.asking.failure?.code]).toEqual([[], 'too_late']);
  });

  it('with nothing under way asks nothing', async () => {
    const w = world([]);
    await w.asking.resume();
    expect(w.said).toEqual([]);
  });
});
