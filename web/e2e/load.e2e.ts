/**
 * A busy evening in one ambulance: its region and those around, 60 values a second for
 * a minute, one condition chosen so that everything is ranked again. The page must stay
 * quick, and no bigger than it was.
 */
// e2e: alone
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { browser, link, url } from './browser.ts';
import { signedIn, simulate, until } from './world.ts';
import type { CDPSession, Page } from 'playwright-core';

const SECONDS = Number(process.env['LOAD_SECONDS'] ?? 60);
const VALUES_A_SECOND = 60;
/** 서울 and what surrounds it: a patient here may go to any of them. */
const REGIONS = ['11', '28', '41'];
const HERE = { latitude: 37.5, longitude: 126.9 };

const LONGEST_TASK_MS = 100;
const MOST_GROWTH = 1.2;

interface Board {
  readonly keys: readonly { key: string; value: Record<string, { state: string }> }[];
}

/** The hospitals that report beds. */
async function hospitals(): Promise<string[]> {
  const viewer = await signedIn('demo.viewer', 'weer-demo-viewer');
  const boards: Board[] = await Promise.all(REGIONS.map((r) => viewer.call('GET', `/regions/${r}/board`)));
  return boards
    .flatMap((b) => b.keys)
    .filter(({ key, value }) => key.endsWith('/er') && value['er.general']?.state === 'known')
    .map(({ key }) => key.slice(0, key.indexOf('/')));
}

/** Runs in the page: notes how long its long tasks were. */
function watchTasks(): void {
  const w = window as unknown as { tasks: number[] };
  w.tasks = [];
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) w.tasks.push(Math.round(e.duration));
  }).observe({ type: 'longtask' });
}

const tasksNow = (): number[] => (window as unknown as { tasks: number[] }).tasks;

/** Runs in the page: what it must not be. */
function isBusy(): void {
  setTimeout(() => {
    for (const end = performance.now() + 150; performance.now() < end;);
  });
}

/** Bytes of the heap that are in use. */
async function heap(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await cdp.send('Runtime.getHeapUsage')) as { usedSize: number };
  return usedSize;
}

/** Counts the values that the page's socket brings. */
function countValues(page: Page): { values: number } {
  const count = { values: 0 };
  page.on('websocket', (ws) =>
    ws.on('framereceived', ({ payload }) => {
      const frame = JSON.parse(String(payload)) as { type: string; keys?: { key: string }[] };
      if (frame.type === 'event')
        count.values += frame.keys?.filter((k) => k.key.endsWith('/er')).length ?? 0;
    }),
  );
  return count;
}

/** Moves beds, so many a second, until it is told to stop. */
async function storm(ids: readonly string[], seconds: number): Promise<void> {
  const began = Date.now();
  for (let n = 0; n < seconds * VALUES_A_SECOND; n++) {
    const ahead = began + (n * 1000) / VALUES_A_SECOND - Date.now();
    if (ahead > 0) await new Promise((done) => setTimeout(done, ahead));
    const value = 1 - (Math.floor(n / ids.length) % 3); // another in each round, and few enough for the smallest
    await simulate(ids[n % ids.length]!, { items: { 'er.general': value } });
  }
}

it(`${VALUES_A_SECOND} values a second for ${SECONDS} s: no task over ${LONGEST_TASK_MS} ms, and the heap stays`, async () => {
  const ids = await hospitals();
  assert.ok(ids.length > 100, `only ${ids.length} hospitals`);
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'ko-KR',
    geolocation: HERE,
    permissions: ['geolocation'],
  });
  const page = await context.newPage();
  const count = countValues(page);
  await page.goto(`${url}/ambulance?as=demo.crew`);
  await link(page, 'live', 15_000);
  await page.locator('.list[aria-busy=false]').waitFor();
  await page.click('[data-condition=mi]');

  const storming = storm(ids, SECONDS);
  const first = count.values;
  await until('values arrive', async () => count.values > first + ids.length, 20_000);
  await page.evaluate(watchTasks);
  const cdp = await context.newCDPSession(page);
  const [came, since] = [count.values, Date.now()];
  const before = await heap(cdp);
  await storming;
  const rate = ((count.values - came) * 1000) / (Date.now() - since);
  const after = await heap(cdp);
  const tasks = await page.evaluate(tasksNow);
  const told = `${ids.length} hospitals, ${rate.toFixed(0)} values a second, heap ${before} to ${after} bytes, long tasks: ${tasks.join(' ') || 'none'}`;
  console.log(told);
  await page.evaluate(isBusy);
  await until('a planted long task is seen', () =>
    page.evaluate(tasksNow).then((t) => t.length > tasks.length),
  );
  await link(page, 'live', 5_000);
  assert.ok(rate > VALUES_A_SECOND * 0.8, told);
  assert.ok(Math.max(0, ...tasks) <= LONGEST_TASK_MS, told);
  assert.ok(after < before * MOST_GROWTH, told);
  await context.close();
});
