/** Starts the scripted server as a process of its own: `node --import tsx e2e/fake.ts`. Prints its address. */
import { fileURLToPath } from 'node:url';
import { inventedRegion } from '../test/fake-region.ts';
import { FakeServer } from '../test/fake-server.ts';

const mode = process.env['WEER_FAKE_MODE'] === 'real' ? 'real' : 'simulated';
const server = new FakeServer({ dist: fileURLToPath(new URL('../dist', import.meta.url)), mode });
for (const region of ['11', '26']) server.set(`region:${region}`, inventedRegion(Date.now(), region));
console.log(await server.listen(Number(process.env['PORT'] ?? 0)));
