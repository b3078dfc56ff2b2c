import { describe, expect, it } from 'vitest';
import { incomingOf } from '../src/domain/index.ts';
import { Bell, callsOf, isMuted, muteNow, PARTIALS, tonesOf, type Tune } from '../src/hospital/alarm.ts';
import { deskOf } from '../src/hospital/desk.ts';

const NOW = Date.parse('2026-11-27T02:00:00.000Z');

type More = Record<string, unknown>;

const board = (...requests: More[]) =>
  incomingOf(
    requests.map((r, i) => ({
      key: `request/${String(r['id'] ?? i)}`,
      seq: 1,
      value: { state: 'pending', case_version: 1, asked_at: new Date(NOW).toISOString(), ...r },
    })),
  );
const calls = (...requests: More[]) => callsOf(deskOf(board(...requests), NOW), false);

/** Looks once a second, and what was played when. */
function listen(seconds: number, callsAt: (s: number) => ReturnType<typeof callsOf>): [number, Tune][] {
  const heard: [number, Tune][] = [];
  let second = 0;
  const bell = new Bell((tune) => {
    heard.push([second, tune]);
    return true;
  });
  for (; second < seconds; second++) bell.ring(callsAt(second), second * 1000);
  return heard;
}
const times = (heard: [number, Tune][]) => heard.map(([s]) => s);

describe('R30: the alarm', () => {
  it('bursts every 5 s for KTAS 1 and 2, every 10 s for the others, at once', () => {
    expect(times(listen(16, () => calls({ ktas: 2 })))).toEqual([0, 5, 10, 15]);
    expect(times(listen(21, () => calls({ ktas: 3 })))).toEqual([0, 10, 20]);
    expect(times(listen(21, () => calls({})))).toEqual([0, 10, 20]);
  });

  it('goes a level up after 30 s: louder and faster', () => {
    const [call] = calls({ ktas: 2, escalation: 1 });
    expect(call).toMatchObject({ loud: true });
    expect(call!.everyMs).toBeLessThan(5_000);
    expect(tonesOf('urgent', true).length).toBeGreaterThan(tonesOf('urgent', false).length);
  });

  it('goes on until it is answered, and no longer', () => {
    const heard = listen(30, (s) => (s < 12 ? calls({ ktas: 2 }) : calls({ ktas: 2, state: 'approved' })));
    expect(times(heard)).toEqual([0, 5, 10]);
  });

  it('is the most urgent of all that wait; another request is heard at once', () => {
    const heard = listen(10, (s) => (s < 3 ? calls({ ktas: 4 }) : calls({ ktas: 4 }, { ktas: 1 })));
    expect(heard[0]).toEqual([0, 'usual']);
    expect(heard[1]).toEqual([3, 'urgent']);
  });

  it('follows from the state: a page that was reloaded sounds at its first look', () => {
    expect(times(listen(1, () => calls({ ktas: 5, escalation: 3 })))).toEqual([0]);
  });

  it('wakes for a patient on the way who got worse, until that was seen', () => {
    const worse = { state: 'approved', worse_version: 2, acked_version: 1 };
    expect(calls(worse)[0]).toMatchObject({ tune: 'urgent' });
    expect(calls({ ...worse, acked_version: 2 })).toEqual([]);
  });

  it('is due again when nobody could hear it', () => {
    let on = false;
    const bell = new Bell(() => on);
    expect(bell.ring(calls({ ktas: 2 }), 0)).toEqual([]);
    on = true;
    expect(bell.ring(calls({ ktas: 2 }), 1_000)).toEqual(['0']);
  });
});

it('sounds once a minute while no request can come in, with a tune of its own', () => {
  const cut = callsOf(deskOf([], NOW), true);
  expect(listen(125, () => cut)).toEqual([0, 60, 120].map((s) => [s, 'offline']));
  expect(tonesOf('offline', false)).not.toEqual(tonesOf('usual', false));
});

describe('R31: every tone', () => {
  it.each(['urgent', 'usual', 'overdue', 'offline'] as const)('of %s can be located', (tune) => {
    for (const loud of [false, true]) {
      for (const { hz } of tonesOf(tune, loud)) {
        expect(hz).toBeGreaterThanOrEqual(150);
        expect(hz).toBeLessThanOrEqual(1000);
        expect(PARTIALS.filter((_, i) => hz * (i + 1) <= 4000).length).toBeGreaterThanOrEqual(4);
      }
    }
  });

  it('of an urgent alarm follows faster than of a usual one', () => {
    expect(tonesOf('urgent', false)[0]!.for).toBeLessThan(tonesOf('usual', false)[0]!.for);
  });
});

describe('R32: a mute', () => {
  it('lasts 30 s', () => {
    const mute = muteNow(calls({ ktas: 2 }), 0);
    expect(isMuted(mute, calls({ ktas: 2 }), 29_999)).toBe(true);
    expect(isMuted(mute, calls({ ktas: 2 }), 30_000)).toBe(false);
  });

  it('is canceled by a new request, and not by one that was answered', () => {
    const mute = muteNow(calls({ id: 'a' }, { id: 'b' }), 0);
    expect(isMuted(mute, calls({ id: 'a' }), 5_000)).toBe(true);
    expect(isMuted(mute, calls({ id: 'a' }, { id: 'c' }), 5_000)).toBe(false);
  });
});
