/** What the end-to-end tests share: a Chromium, a visit that hears everything that goes wrong, and axe. */
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const found = process.env['WEER_URL'];
export const pid = Number(process.env['WEER_PID']);
if (!found || !pid) {
  throw new Error(
    'e2e needs a running WeER: WEER_URL=http://127.0.0.1:8080 WEER_PID=<its process> npm run e2e',
  );
}
export const url: string = found;

export const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

export let browser: Browser;

before(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
});

after(() => browser.close());

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Everything that went wrong or went elsewhere. */
  readonly faults: string[];
}

export interface Wish {
  readonly theme?: 'day' | 'night';
  readonly width?: number;
  readonly search?: string;
  readonly bypassCSP?: boolean;
}

/** Opens the page as a stranger and waits until it is live. */
export async function visit({
  theme = 'day',
  width = 1280,
  search = '',
  bypassCSP = false,
}: Wish = {}): Promise<Visit> {
  const viewport = { width, height: 800 };
  const context = await browser.newContext({
    viewport,
    bypassCSP,
    locale: 'ko-KR',
    timezoneId: 'Asia/Seoul',
  });
  await context.addInitScript((t) => localStorage.setItem('weer.theme', t), theme);
  await context.addInitScript(watchShifts);
  const page = await context.newPage();
  const faults = watchFaults(page);
  await page.goto(`${url}/?region=11${search}`);
  await link(page, 'live', 5_000);
  return { page, context, faults };
}

/** Everything that goes wrong on a page (R24), or elsewhere than to its own server. */
export function watchFaults(page: Page, at = url): string[] {
  const faults: string[] = [];
  page.on('console', (m) => {
    if (m.type() === 'error' || m.type() === 'warning') faults.push(`${m.type()}: ${m.text()}`);
  });
  page.on('pageerror', (err) => faults.push(`uncaught: ${err.message}`));
  page.on('requestfailed', (r) => faults.push(`failed: ${r.url()}`));
  page.on('response', (r) => {
    if (r.status() >= 400) faults.push(`${r.status()}: ${r.url()}`);
    if (!r.url().startsWith(at)) faults.push(`elsewhere: ${r.url()}`);
  });
  return faults;
}

/** Runs in the page: adds up its layout shifts. */
function watchShifts(): void {
  const w = window as unknown as { shifts: number };
  w.shifts = 0;
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) w.shifts += (e as unknown as { value: number }).value;
  }).observe({ type: 'layout-shift', buffered: true });
}

export const link = (page: Page, state: string, timeout: number) =>
  page.waitForSelector(`#pill[data-link="${state}"]`, { timeout });

/** Runs in the page: the violations, in words. */
export async function runAxe(): Promise<string[]> {
  type Found = { id: string; nodes: { html: string; failureSummary: string }[] };
  const { axe } = window as unknown as {
    axe: { run(c: Document, o: object): Promise<{ violations: Found[] }> };
  };
  const { violations } = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: { 'color-contrast-enhanced': { enabled: true } },
  });
  return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html} ${n.failureSummary}`));
}
