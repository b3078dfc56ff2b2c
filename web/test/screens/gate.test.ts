import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { enter, nameOf } from '../../src/kit/gate.ts';

const store = vi.hoisted(() => new Map<string, unknown>());
vi.mock('idb-keyval', () => ({
  get: async (name: string) => store.get(name),
  set: async (name: string, value: unknown) => void store.set(name, value),
  clear: async () => store.clear(),
}));

const NURSE = { role: 'hospital', name: '간호사', hospital: 'A1100017' };
/** What answers: nobody, nobody yet, or a simulated WeER. */
let network: 'gone' | 'frozen' | 'there';

async function answer(path: string): Promise<Response> {
  if (network === 'gone') throw new TypeError('Failed to fetch');
  if (network === 'frozen') return new Promise(() => {});
  if (path.endsWith('/session/demo'))
    return Response.json({ items: [{ login: 'demo.hospital', password: 'x', role: 'hospital' }] });
  return Response.json({ access_token: 'token', refresh_token: 'next', session: NURSE });
}

beforeEach(() => {
  store.clear();
  network = 'there';
  vi.useFakeTimers();
  vi.stubGlobal('fetch', vi.fn(answer));
  history.replaceState(null, '', '/hospital?as=demo.hospital');
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the gate, for a demo account', () => {
  it('lets in whom the server names, and remembers', async () => {
    const entered = (await enter())!;
    expect(entered.who).toMatchObject(NURSE);
    expect(store.get(nameOf('who'))).toMatchObject(NURSE);
  });

  it('lets in who was here last when nothing answers; the session begins once something does', async () => {
    await enter();
    network = 'gone';
    const entered = (await enter())!;
    expect(entered.who).toMatchObject(NURSE);
    await expect(entered.session.forSocket()).rejects.toThrow();
    network = 'there';
    expect(await entered.session.forSocket()).toBe('token');
  });

  it('does not wait long for a network that is frozen', async () => {
    await enter();
    network = 'frozen';
    const entering = enter();
    await vi.advanceTimersByTimeAsync(3_100);
    expect((await entering)!.who).toMatchObject(NURSE);
  });

  it('says why nobody is let in who was never here', async () => {
    network = 'gone';
    await expect(enter()).rejects.toMatchObject({ code: 'unreachable' });
  });
});
