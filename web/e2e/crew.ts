/** A crew in front of its screen, with an account and a unit of its own. */
import { browser, link, url, watchFaults } from './browser.ts';
import { newAccount, newUnit, person, signIn, type Account, type Person } from './world.ts';
import type { BrowserContext, Page } from 'playwright-core';

export interface CrewPage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly faults: string[];
  readonly unit: string;
  readonly callSign: string;
  /** The same crew over REST. */
  readonly crew: Person;
}

export interface CrewWish {
  readonly theme?: 'day' | 'night';
  readonly width?: number;
  readonly height?: number;
  readonly search?: string;
  readonly bypassCSP?: boolean;
  /** Where the page is opened: another address of the same server. */
  readonly at?: string;
  readonly geolocation?: { latitude: number; longitude: number };
}

/** One account sits in many ambulances: who signs up too often has to wait. */
let theCrew: Promise<Account> | undefined;

/** Signs a crew in, lets it choose its unit, and waits until its screen is live with its first hospitals. */
export async function crewPage(wish: CrewWish = {}): Promise<CrewPage> {
  const { theme = 'day', width = 1280, height = 800, search = '', at = url } = wish;
  const { id: unit, call_sign: callSign } = await newUnit();
  const account = await (theCrew ??= newAccount('crew'));
  const context = await browser.newContext({
    viewport: { width, height },
    locale: 'ko-KR',
    timezoneId: 'Asia/Seoul',
    bypassCSP: wish.bypassCSP ?? false,
    ...(wish.geolocation && { geolocation: wish.geolocation, permissions: ['geolocation'] }),
  });
  await context.addInitScript((t) => {
    if (localStorage.getItem('weer.theme') === null) localStorage.setItem('weer.theme', t);
  }, theme);
  await context.addInitScript('globalThis.__name = (f) => f'); // what tsx calls in functions that a page is given
  await signIn(context, account, at);
  const page = await context.newPage();
  const faults = watchFaults(page, at);
  await page.goto(`${at}/ambulance${search}`);
  await page.click(`[data-unit="${unit}"]`);
  await page.locator('.list[aria-busy=false]').waitFor({ timeout: 10_000 });
  await link(page, 'live', 10_000);
  return { page, context, faults, unit, callSign, crew: await person({ role: 'crew', unit }) };
}

/** Presses, and counts how often. */
export class Taps {
  count = 0;
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async tap(selector: string): Promise<void> {
    this.count++;
    await this.#page.click(selector);
  }
}

/** The hospitals whose cards have a state of a request. */
export const hospitalsIn = (page: Page, state: string): Promise<string[]> =>
  page
    .locator(`.list > .card[data-state="${state}"]`)
    .evaluateAll((cards) => cards.map((c) => (c as HTMLElement).dataset['hospital']!));

/** The request at a hospital, as the card names it. */
export async function requestAt(page: Page, hospital: string): Promise<string> {
  const card = page.locator(`.list > .card[data-hospital="${hospital}"][data-request]`);
  await card.waitFor();
  return (await card.getAttribute('data-request'))!;
}

/** Presses a condition and an urgency and asks the first three: their ids. */
export async function askThree(page: Page): Promise<string[]> {
  await page.click('[data-condition=mi]');
  await page.click('[data-choice=ktas] [data-value="2"]');
  await page.click('#ask');
  await page.locator('.card[data-state=pending]').nth(2).waitFor();
  return hospitalsIn(page, 'pending');
}

/** What a hospital answers, over REST, as its console would. */
export async function answer(
  hospital: string,
  request: string,
  step: 'approve' | 'reject' | 'withdraw' | 'acknowledge',
  body: object,
): Promise<void> {
  await (await person({ role: 'hospital', hospital })).call('POST', `/reservations/${request}/${step}`, body);
}
