/** The example does what it says, as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { FakeServer } from './fake-server.ts';

const web = fileURLToPath(new URL('..', import.meta.url));
let server: FakeServer | undefined;
let child: ChildProcess | undefined;

afterEach(async () => {
  child?.kill();
  await server?.close();
});

/** Starts the example and returns a function that waits for a line. */
function follow(url: string): (line: string | RegExp) => Promise<string> {
  child = spawn(process.execPath, ['--import', 'tsx', 'examples/follow.ts', 'region:11', url], {
    cwd: web,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return async (want) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the example ended before it printed ${String(want)}`);
      if (typeof want === 'string' ? value === want : want.test(value)) return value;
    }
  };
}

it('follows, survives a cut, and goes on where it was', { timeout: 30_000 }, async () => {
  server = new FakeServer();
  server.set('region:11', { 'A1100001/er': { 'er.general': { state: 'known', value: 3 } } });
  const line = follow(await server.listen());
  await line('A1100001/er {"er.general":{"state":"known","value":3}}');
  await line('link live');

  server.cut();
  await line('link delayed closed');
  server.set('region:11', { 'A1100001/er': { 'er.general': { state: 'known', value: 2 } } });
  await line('A1100001/er {"er.general":{"state":"known","value":2}}');
});

it('says so and ends when the server gives no demo token', { timeout: 30_000 }, async () => {
  server = new FakeServer({ mode: 'real' });
  follow(await server.listen());
  const code = await new Promise((done) => child!.once('exit', done));
  expect(code).toBe(1);
});
