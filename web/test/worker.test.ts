import { beforeEach, describe, expect, it, vi } from 'vitest';
import { named, workerOf } from '../build/worker.ts';

const HOST = 'https://weer.example';
const NAMES = ['ambulance.html', 'assets/app-1.js', 'favicon.svg', 'index.html'];

type Listener = (event: Record<string, unknown>) => void;

/** A browser's side of a service worker, as far as ours uses it. */
class Browser {
  readonly caches = new Map<string, Map<string, Response>>();
  readonly told: unknown[] = [];
  network: (path: string) => Promise<Response> = async () => new Response('?');

  async worker(build: string): Promise<Worker> {
    const listeners = new Map<string, Listener>();
    const self = {
      location: { origin: HOST },
      addEventListener: (kind: string, listen: Listener) => listeners.set(kind, listen),
      skipWaiting: async () => {},
      clients: {
        claim: async () => {},
        matchAll: async () => [{ postMessage: (m: unknown) => this.told.push(m) }],
      },
    };
    const fetched = (what: string | { url: string }) =>
      this.network(typeof what === 'string' ? what : new URL(what.url).pathname);
    new Function('self', 'caches', 'fetch', workerOf(build, NAMES))(self, this.#storage(), fetched);
    return new Worker(listeners);
  }

  #storage(): object {
    const open = async (name: string) => {
      const held = this.caches.get(name) ?? new Map<string, Response>();
      this.caches.set(name, held);
      return {
        add: async (path: string) => void held.set(path, await this.network(path)),
        put: async (path: string, answer: Response) => void held.set(path, answer),
        match: async (path: string) => held.get(path)?.clone(),
      };
    };
    const remove = async (name: string) => this.caches.delete(name);
    const match = async (path: string) =>
      [...this.caches.values()]
        .find((held) => held.has(path))
        ?.get(path)
        ?.clone();
    return { open, match, keys: async () => [...this.caches.keys()], delete: remove };
  }
}

class Worker {
  readonly #listeners: Map<string, Listener>;

  constructor(listeners: Map<string, Listener>) {
    this.#listeners = listeners;
  }

  async happens(kind: string): Promise<void> {
    let ends: Promise<void> | undefined;
    this.#listeners.get(kind)!({ waitUntil: (p: Promise<void>) => (ends = p) });
    await ends;
  }

  /** The text of its answer; null when it leaves a request alone. */
  async answers(path: string, method = 'GET'): Promise<string | null> {
    let answer: Promise<Response> | undefined;
    const request = { url: path.startsWith('/') ? HOST + path : path, method };
    this.#listeners.get('fetch')!({ request, respondWith: (p: Promise<Response>) => (answer = p) });
    return answer ? (await answer).text() : null;
  }
}

const serves = (build: string) => async (path: string) => new Response(`${build} ${path}`);
const nothing = async (): Promise<Response> => Promise.reject(new TypeError('Failed to fetch'));

let browser: Browser;

async function installed(build: string): Promise<Worker> {
  browser.network = serves(build);
  const worker = await browser.worker(build);
  await worker.happens('install');
  await worker.happens('activate');
  return worker;
}

beforeEach(() => {
  browser = new Browser();
});

describe('the service worker', () => {
  it('answers without a network with the shell it kept, whatever stands behind the path', async () => {
    const worker = await installed('one');
    browser.network = nothing;
    expect(await worker.answers('/ambulance?as=demo.crew')).toBe('one /ambulance');
    expect(await worker.answers('/')).toBe('one /');
    expect(await worker.answers('/assets/app-1.js')).toBe('one /assets/app-1.js');
  });

  it('asks for a page first, and for what never changes not at all', async () => {
    const worker = await installed('one');
    browser.network = serves('two');
    expect(await worker.answers('/ambulance')).toBe('two /ambulance');
    expect(await worker.answers('/assets/app-1.js')).toBe('one /assets/app-1.js');
  });

  it('waits two seconds for a page, and takes no failure of a server for one', async () => {
    const worker = await installed('one');
    browser.network = async () => new Response('bad gateway', { status: 502 });
    expect(await worker.answers('/ambulance')).toBe('one /ambulance');
    vi.useFakeTimers();
    browser.network = () => new Promise(() => {});
    const answer = worker.answers('/ambulance');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await answer).toBe('one /ambulance');
    vi.useRealTimers();
  });

  it.each([
    '/api/v1/regions',
    '/ws',
    '/demo/token',
    '/sim/set',
    '/metrics',
    '/docs',
    'https://elsewhere.example/',
  ])('never touches %s', async (path) => {
    expect(await (await installed('one')).answers(path)).toBeNull();
  });

  it('touches no command', async () => {
    expect(await (await installed('one')).answers('/', 'POST')).toBeNull();
  });

  it('of another build takes over, removes what was kept before the last one, and says so', async () => {
    await installed('one');
    browser.caches.set('somebody-else', new Map());
    await installed('two');
    await installed('three');
    expect([...browser.caches.keys()].sort()).toEqual(['somebody-else', 'weer-three', 'weer-two']);
    expect(browser.told).toEqual([{ build: 'one' }, { build: 'two' }, { build: 'three' }]);
  });

  it('gives an open page of the build before the parts that it has not loaded yet', async () => {
    await installed('one');
    browser.caches.get('weer-one')!.set('/assets/sheet-1.js', new Response('a sheet'));
    const worker = await installed('two');
    browser.network = async () => new Response('not found', { status: 404 });
    expect(await worker.answers('/assets/sheet-1.js')).toBe('a sheet');
    expect(await worker.answers('/assets/sheet-0.js')).toBe('not found');
  });

  it('keeps no page of another build than its own', async () => {
    browser.network = serves('one');
    const worker = await browser.worker('two');
    await expect(worker.happens('install')).rejects.toThrow('is not of the build two');
  });
});

it('every page says of which build it is', () => {
  expect(named('<head>\n  </head>', 'abc')).toContain('<meta name="build" content="abc" />');
});
