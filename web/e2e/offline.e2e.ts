/** Screens that are opened again without a network (R14, 6.4): the shell and the last boards are there, and say how old they are. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { browser, link, url } from './browser.ts';
import { openLink, type Link } from './link.ts';
import { until } from './world.ts';
import type { BrowserContext, Page } from 'playwright-core';

const opened: Link[] = [];
after(() => Promise.all(opened.map((l) => l.close())));

interface Visit {
  readonly l: Link;
  readonly context: BrowserContext;
  readonly page: Page;
}

/** Opens a screen as a demo user and waits until it could be opened without a network. */
async function visit(path: string): Promise<Visit> {
  const l = await openLink(url);
  opened.push(l);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'ko-KR' });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
  page.on('pageerror', (err) => errors.push(err.message));
  await page.goto(l.url + path);
  await link(page, 'live', 10_000);
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
  await until('boards are kept', () => page.evaluate(keptBoards));
  assert.deepEqual(errors, []);
  return { l, context, page };
}

/** Runs in the page: how many boards its store holds. */
function keptBoards(): Promise<number> {
  return new Promise((done) => {
    const opening = indexedDB.open('keyval-store');
    opening.onerror = () => done(0);
    opening.onsuccess = () => {
      const db = opening.result;
      if (!db.objectStoreNames.contains('keyval')) return done(0);
      const name = `boards:${location.pathname}:${new URLSearchParams(location.search).get('as') ?? ''}`;
      const asked = db.transaction('keyval').objectStore('keyval').get(name);
      asked.onsuccess = () => done((asked.result as { boards: unknown[] } | undefined)?.boards.length ?? 0);
      asked.onerror = () => done(0);
    };
  });
}

const saved = (page: Page) =>
  page.waitForSelector('#pill[data-saved]:not([data-link=live])', { timeout: 10_000 });

async function isLiveAgain({ page }: Visit): Promise<void> {
  await link(page, 'live', 20_000);
  assert.equal(await page.locator('#pill[data-saved]').count(), 0);
}

describe('without a network', () => {
  for (const path of ['/hospital?as=demo.hospital', '/ambulance?as=demo.crew']) {
    it(`${path} opens with what was saved, and is live again by itself`, async () => {
      const v = await visit(path);
      v.l.cut();
      await v.context.setOffline(true);
      await v.page.reload();
      const pill = await saved(v.page);
      assert.match((await pill.getAttribute('data-saved')) ?? '', /^저장된 정보 · (방금|\d+초 전)$/);
      await v.page.evaluate(() => document.fonts.load('700 24px Pretendard', '병'));
      assert.ok(await v.page.evaluate(() => document.fonts.check('700 24px Pretendard', '병')));
      await v.context.setOffline(false);
      v.l.heal();
      await isLiveAgain(v);
      await v.context.close();
    });
  }

  it('a network that gives no answer is waited for only some seconds', async () => {
    const v = await visit('/hospital?as=demo.hospital');
    v.l.freeze();
    const began = Date.now();
    await v.page.reload({ waitUntil: 'commit' });
    await saved(v.page);
    assert.ok(Date.now() - began < 8_000, `${Date.now() - began} ms`);
    v.l.heal();
    await isLiveAgain(v);
    await v.context.close();
  });

  it('only the shell is kept, and nothing that the server says', async () => {
    const v = await visit('/hospital?as=demo.hospital');
    const kept = await v.page.evaluate(async () => {
      const names = await caches.keys();
      const all = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return { names, paths: all.flat().map((r) => new URL(r.url).pathname) };
    });
    assert.equal(kept.names.length, 1);
    assert.deepEqual(
      kept.paths.filter((p) => /^\/(api|ws|demo|sim|metrics|docs)\b/.test(p)),
      [],
    );
    for (const name of ['ambulance', 'hospital']) {
      const answer = await fetch(`${url}/${name}.webmanifest`);
      assert.equal(answer.headers.get('content-type'), 'application/manifest+json');
      const manifest = (await answer.json()) as { start_url: string; display: string };
      assert.deepEqual([manifest.start_url, manifest.display], [`/${name}`, 'standalone']);
      assert.ok(kept.paths.includes(`/${name}`) && kept.paths.includes(`/${name}.webmanifest`));
    }
    const worker = await fetch(`${url}/sw.js`);
    assert.equal(worker.headers.get('cache-control'), 'no-cache');
    await v.context.close();
  });
});
