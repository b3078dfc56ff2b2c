/** A crew and emergency rooms at once: the consoles of hospitals, and links that break. */
import { after } from 'node:test';
import { browser, link, url, watchFaults } from './browser.ts';
import { openLink, type Link } from './link.ts';
import { newAccount, person, signIn, simulate, until } from './world.ts';
import type { Page } from 'playwright-core';

const opened: Link[] = [];
after(() => Promise.all(opened.map((l) => l.close())));

/** A link of this file, closed at its end. */
export async function newLink(): Promise<Link> {
  const l = await openLink(url);
  opened.push(l);
  return l;
}

/** The console of a hospital, with an account of its staff. */
export async function deskPage(
  hospital: string,
  at = url,
): Promise<{ page: Page; close(): Promise<void>; faults: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1920, height: 1080 },
    locale: 'ko-KR',
    timezoneId: 'Asia/Seoul',
  });
  await context.addInitScript('globalThis.__name = (f) => f'); // what tsx calls in functions that a page is given
  await context.addInitScript(watchAppearances);
  await signIn(context, await newAccount('hospital', { hospital }), at);
  const page = await context.newPage();
  const faults = watchFaults(page, at);
  await page.goto(`${at}/hospital`);
  await link(page, 'live', 10_000);
  await page.waitForSelector('.queue[data-armed]');
  return { page, faults, close: () => context.close() };
}

/** Runs in a page: when each request, or takeover, was first in its document. */
export function watchAppearances(): void {
  const seen: Record<string, number> = {};
  (window as unknown as { seen: typeof seen }).seen = seen;
  const look = (): void => {
    for (const el of document.querySelectorAll<HTMLElement>('[data-request]')) {
      const id = el.dataset['request']!;
      const name = el.id === 'takeover' ? `takeover ${id}` : `card ${id}`;
      if (!(name in seen)) seen[name] = Date.now();
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
}

/** A press on the console is meant (R34). */
export const armed = (page: Page) => page.waitForSelector('.queue[data-armed="true"]');

/** The first three hospitals that a crew would ask. */
export async function firstThree(page: Page): Promise<string[]> {
  await page.click('[data-condition=mi]');
  const cards = page.locator('.list > .card');
  return cards.evaluateAll((all) => all.slice(0, 3).map((c) => (c as HTMLElement).dataset['hospital']!));
}

/** Hospitals that have room. */
export const rooms = new Map<string, Promise<void>>();

/**
 * Beds for all of a test’s patients, so that the hospital stays among the best: the
 * source’s number is held, and the hospital’s own word stands over it.
 */
export function roomAt(hospital: string): Promise<void> {
  if (!rooms.has(hospital)) rooms.set(hospital, makeRoom(hospital));
  return rooms.get(hospital)!;
}

async function makeRoom(hospital: string): Promise<void> {
  const desk = await person({ role: 'hospital', hospital });
  const general = async () => {
    const { readings } = await desk.call('GET', `/hospitals/${hospital}/emergency-room-info`);
    return readings.find((r: { item: string }) => r.item === 'er.general')?.value;
  };
  await simulate(hospital, { items: { 'er.general': 1 } });
  await until('the source is held', async () => (await general()) === 1, 10_000);
  await desk.call('PUT', `/hospitals/${hospital}/corrections/er.general`, { state: 'known', value: 40 });
}
