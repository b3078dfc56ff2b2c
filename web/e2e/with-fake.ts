/** Runs the end-to-end tests against the scripted server: `npm run e2e:fake`. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const server = spawn(process.execPath, ['--import', 'tsx', here('fake.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const { value: url } = await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next();
const tests = spawn(process.execPath, ['--import', 'tsx', '--test', here('page.e2e.ts')], {
  stdio: 'inherit',
  env: { ...process.env, WEER_URL: String(url), WEER_PID: String(server.pid) },
});
tests.once('exit', (code) => {
  server.kill('SIGKILL'); // it may be stopped
  process.exitCode = code ?? 1;
});
