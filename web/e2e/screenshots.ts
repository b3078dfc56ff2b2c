/**
 * Pictures of the screens as the demo's people see them: `make screenshots`. The few
 * that the README shows go to SHOWN, all of them to LOOKED, also as somebody sees them
 * who cannot tell red from green (R5). What happens stands here, in the order of the
 * story; each step waits for what the screen shows.
 */
import { mkdir, stat } from 'node:fs/promises';
import { before, it } from 'node:test';
import { browser, link, url } from './browser.ts';
import { DEMO_HOSPITAL, simulate } from './world.ts';
import type { Page } from 'playwright-core';

const { SHOWN = '../deploy/screenshots', LOOKED = '../var/screenshots' } = process.env;
/** A picture in a README loads on every visit. */
const MOST_BYTES = 80 << 10;
/** Some minutes from the demo's hospital. */
const HERE = { latitude: 37.5855, longitude: 126.9885 };

interface Screen {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Of a picture's pixel to one of the screen's. */
  readonly scale: number;
}

const AMBULANCE: Screen = { path: '/ambulance?as=demo.crew', width: 1280, height: 800, scale: 0.75 };
const HOSPITAL: Screen = { path: '/hospital?as=demo.hospital', width: 1920, height: 1080, scale: 0.5 };

async function open({ path, width, height, scale }: Screen): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    geolocation: HERE,
    permissions: ['geolocation'],
    locale: 'ko-KR',
    timezoneId: 'Asia/Seoul',
  });
  await context.addInitScript(() => localStorage.setItem('weer.theme', 'day'));
  const page = await context.newPage();
  await page.goto(url + path);
  await link(page, 'live', 15_000);
  await page.evaluate(() => document.fonts.ready);
  return page;
}

async function picture(page: Page, folder: string, name: string): Promise<void> {
  const kind = folder === SHOWN ? { type: 'jpeg' as const, quality: 72 } : { type: 'png' as const };
  const path = `${folder}/${name}.${kind.type}`;
  await page.screenshot({ path, animations: 'disabled', caret: 'hide', ...kind });
  const { size } = await stat(path);
  if (folder === SHOWN && size > MOST_BYTES)
    throw new Error(`${path} has ${size} bytes, it should have ${MOST_BYTES} at most`);
}

async function theme(page: Page, wanted: 'day' | 'night'): Promise<void> {
  for (let presses = 0; presses < 3; presses++) {
    if ((await page.getAttribute('html', 'data-theme')) === wanted) return;
    await page.locator('#theme').dispatchEvent('click'); // also behind a dialog
  }
}

/** Day and night, and each as seen without green; `shown` is that of the README. */
async function pictures(page: Page, name: string, shown?: 'day' | 'night'): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  for (const wanted of ['night', 'day'] as const) {
    await theme(page, wanted);
    await picture(page, LOOKED, `${name}-${wanted}`);
    if (wanted === shown) await picture(page, SHOWN, name);
    await cdp.send('Emulation.setEmulatedVisionDeficiency', { type: 'deuteranopia' });
    await picture(page, LOOKED, `${name}-${wanted}-deuteranopia`);
    await cdp.send('Emulation.setEmulatedVisionDeficiency', { type: 'none' });
  }
  await cdp.detach();
}

before(async () => {
  for (const folder of [SHOWN, LOOKED]) await mkdir(folder, { recursive: true });
});

it('a crew asks three hospitals at once, and one of them takes the patient', async () => {
  await simulate(DEMO_HOSPITAL, { items: { 'er.general': 9 } }); // so that it is among the first three
  const hospital = await open(HOSPITAL);
  await hospital.waitForSelector('.queue[data-armed]');
  await hospital.click('#sound');
  await hospital.click('#heard');
  await hospital.waitForSelector('#sound[data-audible=true]');
  const crew = await open(AMBULANCE);
  await crew.waitForSelector('.list[aria-busy=false]');

  await crew.click('[data-condition=mi]');
  await crew.click('[data-choice=ktas] [data-value="2"]');
  await crew.waitForSelector('#ask[aria-disabled=false]');
  await crew.waitForSelector(`.list > .card:nth-child(-n + 3)[data-hospital="${DEMO_HOSPITAL}"]`);
  await pictures(crew, 'ambulance-chosen');

  await crew.click('#ask');
  await hospital.waitForSelector('.card[data-request]', { timeout: 30_000 });
  await crew.waitForSelector('.card[data-state=pending]');
  await pictures(crew, 'ambulance', 'day');
  await pictures(hospital, 'hospital', 'day');

  // Whoever is first: the console here, or a simulated one.
  await hospital.keyboard.press('F2');
  await crew.waitForSelector('#takeover', { timeout: 60_000 });
  await pictures(crew, 'ambulance-taken');
  await hospital.waitForSelector('.queue');
  await pictures(hospital, 'hospital-after');
});

it('an administrator looks at the accounts', async () => {
  const admin = await open({ path: '/admin?as=demo.admin', width: 1280, height: 800, scale: 0.75 });
  await admin.waitForLoadState('networkidle');
  await pictures(admin, 'admin');
});
