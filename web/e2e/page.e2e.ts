/**
 * The page in a real browser against a server that runs already: WEER_URL is
 * its address, WEER_PID its process, which one test stops and continues.
 * `npm run e2e:fake` starts a scripted server and runs the same tests.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AXE, browser, link, pid, runAxe, url, visit, type Wish } from './browser.ts';
import type { Page } from 'playwright-core';

const HOSPITAL = 'A1100001';
const NUMBER = `[data-hospital="${HOSPITAL}"] .beds .number`;
/** Changes the simulated hospital. */
async function simulate(change: object): Promise<void> {
  const body = JSON.stringify({ hospital: HOSPITAL, ...change });
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${url}/sim/set`, { method: 'POST', headers, body });
  assert.ok(answer.ok, `POST /sim/set: ${answer.status} ${await answer.text()}`);
}

/** Moves a bed of the simulated hospital and waits until the page shows it. */
async function move(page: Page, free: number, shown = String(free)): Promise<void> {
  await simulate({ items: { 'er.general': free } });
  await page
    .locator(NUMBER)
    .first()
    .filter({ hasText: new RegExp(`^${shown.replace('+', '\\+')}$`) })
    .waitFor({ timeout: 20_000 });
}

describe('the page', () => {
  it('is live within five seconds, without an error, a failed request or another origin (R24)', async () => {
    const { page, context, faults } = await visit();
    assert.ok((await page.locator('tbody').count()) > 0);
    assert.match((await page.locator('#mode-text').textContent()) ?? '', /모의/);
    await page.evaluate(() => document.fonts.ready);
    assert.deepEqual(faults, []);
    await context.close();
  });

  it('has a strict Content-Security-Policy', async () => {
    const { headers } = await fetch(url);
    const csp = headers.get('content-security-policy') ?? '';
    assert.match(csp, /default-src 'self'/);
    assert.doesNotMatch(csp, /unsafe/);
  });

  it('shows a bed that moved, marks it, and moves nothing else', async () => {
    const { page, context, faults } = await visit();
    await move(page, 7);
    const marked = page.locator(`[data-hospital="${HOSPITAL}"] .moved`);
    await Promise.all([marked.first().waitFor({ timeout: 20_000 }), move(page, 3)]);
    await marked.first().waitFor({ state: 'detached' });
    await move(page, -2, '+2');
    assert.match(
      (await page.locator(`[data-hospital="${HOSPITAL}"] .beds`).first().innerText()) ?? '',
      /포화/,
    );
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number }).shifts);
    assert.ok(shifts < 0.01, `the layout shifted by ${shifts}`);
    assert.deepEqual(faults, []);
    await context.close();
  });

  it('shows what a hospital announces until it is lifted, and moves nothing', async () => {
    const { page, context, faults } = await visit();
    const text = `<b>모의 안내</b> ${Date.now()}`;
    await simulate({ message: { text } });
    const line = page.locator(`[data-hospital="${HOSPITAL}"] .line`).filter({ hasText: text });
    await line.waitFor({ timeout: 60_000 });
    assert.ok((await page.locator(`[data-hospital="${HOSPITAL}"] .line`).count()) <= 2);
    await simulate({ lift: text });
    await line.waitFor({ state: 'detached', timeout: 60_000 });
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number }).shifts);
    assert.ok(shifts < 0.01, `the layout shifted by ${shifts}`);
    assert.deepEqual(faults, []);
    await context.close();
  });

  it('follows another region, and the address says which', async () => {
    const { page, context } = await visit();
    const seoul = await page.locator('tbody').first().getAttribute('data-hospital');
    await page.selectOption('#region', '26');
    await page.waitForURL(/region=26/);
    await page.waitForFunction(
      (id) => document.querySelector('tbody')?.getAttribute('data-hospital') !== id,
      seoul,
    );
    await link(page, 'live', 5_000);
    await page.goBack();
    await page.waitForSelector(`[data-hospital="${seoul}"]`);
    await context.close();
  });

  it('is reached by keyboard, and speaks English', async () => {
    const { page, context } = await visit();
    for (const id of ['region', 'theme', 'language']) {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement?.id), id);
    }
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineWidth);
    assert.equal(outline, '4px');
    await page.keyboard.press('Enter');
    await page.waitForSelector('html[lang=en]');
    assert.equal(await page.locator('#pill-word').textContent(), 'Live');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'to-login');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.className), 'tel');
    await context.close();
  });

  it('asks for a token when there is none for the demo, says when it is refused, and takes a right one', async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, bypassCSP: true });
    const page = await context.newPage();
    await page.route('**/demo/token', (route) => route.fulfill({ status: 404, json: { code: 'not_found' } }));
    await page.goto(url);
    await page.getByText('weer token').waitFor();
    await page.addScriptTag({ path: AXE });
    assert.deepEqual(await page.evaluate(runAxe), []);

    await page.fill('#token', 'not.a.token');
    await page.keyboard.press('Enter');
    await page.locator('#rejected').waitFor();

    const answer = await fetch(`${url}/demo/token`, { method: 'POST' });
    await page.fill('#token', ((await answer.json()) as { token: string }).token);
    await page.keyboard.press('Enter');
    await link(page, 'live', 5_000);
    assert.equal(await page.locator('#sign-in').isVisible(), false);
    await context.close();
  });

  it('keeps the chosen theme', async () => {
    const { page, context } = await visit();
    await page.click('#theme');
    await page.waitForSelector('html[data-theme=night]');
    assert.equal(await page.evaluate(() => localStorage.getItem('weer.theme')), 'night');
    await context.close();
  });
});

describe('axe finds nothing (WCAG 2.2 AA, and contrast AAA)', () => {
  const wishes: Wish[] = [
    { theme: 'day', width: 1280 },
    { theme: 'night', width: 1280 },
    { theme: 'day', width: 390 },
    { theme: 'night', width: 390 },
    { theme: 'day', width: 1280, search: '&lang=en' },
    { theme: 'night', width: 390, search: '&lang=en' },
  ];
  for (const wish of wishes) {
    it(JSON.stringify(wish), async () => {
      const { page, context } = await visit({ ...wish, bypassCSP: true });
      await page.addScriptTag({ path: AXE });
      assert.deepEqual(await page.evaluate(runAxe), []);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
      await context.close();
    });
  }

  it('but finds what was planted: a text of 5:1, and a control without a name', async () => {
    const { page, context } = await visit({ bypassCSP: true });
    await page.addStyleTag({ content: '.tel { color: #707070 !important }' });
    await page.evaluate(() => document.body.append(document.createElement('button')));
    await page.addScriptTag({ path: AXE });
    const found = (await page.evaluate(runAxe)).map((f) => f.split(':', 1)[0]);
    assert.ok(found.includes('color-contrast-enhanced'));
    assert.ok(found.includes('button-name'));
    await context.close();
  });
});

it('a frozen server turns the pill delayed, then offline; it is live again after it wakes', async () => {
  const { page, context } = await visit();
  process.kill(pid, 'SIGSTOP');
  try {
    await link(page, 'delayed', 8_000);
    assert.equal(await page.locator('#pill-word').textContent(), '지연');
    await link(page, 'offline', 12_000);
    assert.match((await page.locator('#note-text').textContent()) ?? '', /전화/);
    assert.ok((await page.locator('tbody').count()) > 0, 'the last board stays');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await link(page, 'live', 25_000);
  await context.close();
});
