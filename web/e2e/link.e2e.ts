/** A link that breaks, seen from the plain page: what the other files rely on when they cut it. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { browser, link, url } from './browser.ts';
import { openLink, type Link } from './link.ts';
import type { Page } from 'playwright-core';

const opened: Link[] = [];
after(() => Promise.all(opened.map((l) => l.close())));

async function visit(): Promise<{ l: Link; page: Page }> {
  const l = await openLink(url);
  opened.push(l);
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${l.url}/?region=11`);
  await link(page, 'live', 10_000);
  return { l, page };
}

/** The states that the pill goes through until it is in the last of them. */
async function watched(page: Page, last: string, act: () => void): Promise<string[]> {
  await page.evaluate(() => {
    const pill = document.getElementById('pill')!;
    const seen: string[] = ((window as unknown as { seen: string[] }).seen = []);
    new MutationObserver(() => seen.push(pill.dataset['link']!)).observe(pill, {
      attributeFilter: ['data-link'],
    });
  });
  act();
  await link(page, last, 25_000);
  return page.evaluate(() => (window as unknown as { seen: string[] }).seen);
}

describe('a link', () => {
  it('that is cut makes the page delayed at once; healed, live', async () => {
    const { l, page } = await visit();
    const began = Date.now();
    const seen = await watched(page, 'delayed', () => l.cut());
    assert.ok(Date.now() - began < 2_000, `${seen} only after ${Date.now() - began} ms`);
    await assert.rejects(fetch(`${l.url}/livez`));
    l.heal();
    await link(page, 'live', 15_000);
    await page.context().close();
  });

  it('that is frozen makes the page delayed, then offline; healed, live', async () => {
    const { l, page } = await visit();
    assert.deepEqual(await watched(page, 'offline', () => l.freeze()), ['delayed', 'offline']);
    await assert.rejects(fetch(`${l.url}/livez`, { signal: AbortSignal.timeout(300) }));
    assert.ok((await fetch(`${url}/livez`)).ok, 'the server itself is well');
    l.heal();
    await link(page, 'live', 20_000);
    await page.context().close();
  });

  it('that is slow delays every answer, and the page stays live', async () => {
    const { l, page } = await visit();
    l.delay(300);
    const began = Date.now();
    assert.ok((await fetch(`${l.url}/livez`)).ok);
    assert.ok(Date.now() - began >= 600, `${Date.now() - began} ms`);
    await page.reload();
    await link(page, 'live', 15_000);
    l.heal();
    await page.context().close();
  });

  it("carries a session's cookie and its socket, as the page's own host", async () => {
    const { l, page } = await visit();
    await page.goto(`${l.url}/login`);
    await page.click('[data-role=viewer]');
    await page.waitForURL(`${l.url}/`);
    await page.reload();
    await link(page, 'live', 10_000);
    assert.equal(await page.locator('#sign-out').isVisible(), true);
    await page.context().close();
  });
});
