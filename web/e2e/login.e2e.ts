/**
 * Signing in and out in a real browser, against a real simulated server:
 * WEER_URL is its address.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AXE, browser, link, runAxe, url, watchFaults } from './browser.ts';
import type { BrowserContext, Page } from 'playwright-core';

interface Account {
  readonly login: string;
  readonly password: string;
  readonly role: string;
}

/** Roles, and where each goes after signing in. */
const HOMES: Readonly<Record<string, string>> = {
  crew: '/ambulance',
  hospital: '/hospital',
  control: '/',
  admin: '/admin',
  viewer: '/',
};
const ROLES = Object.keys(HOMES);
const API = `${url}/api/v1`;

async function demoAccounts(): Promise<Account[]> {
  const answer = await fetch(`${API}/session/demo`);
  return ((await answer.json()) as { items: Account[] }).items;
}

async function context(more: { width?: number; theme?: 'day' | 'night' } = {}): Promise<BrowserContext> {
  const { width = 1280, theme = 'day' } = more;
  const c = await browser.newContext({
    viewport: { width, height: 800 },
    bypassCSP: more.theme !== undefined,
  });
  await c.addInitScript((t) => localStorage.setItem('weer.theme', t), theme);
  return c;
}

/** Opens the sign-in page of a new browser and signs in as a demo account at one press. */
async function signedIn(role: string): Promise<{ c: BrowserContext; page: Page; faults: string[] }> {
  const c = await context();
  const page = await c.newPage();
  const faults = watchFaults(page);
  await page.goto(`${url}/login`);
  await page.click(`[data-role=${role}]`);
  await arrived(page, role);
  return { c, page, faults };
}

/** The role's screen is there, for whoever is signed in. What it shows is its own tests' business. */
async function arrived(page: Page, role: string): Promise<void> {
  await page.waitForURL(`${url}${HOMES[role]}`);
  await page.locator('#sign-out').waitFor({ timeout: 5_000 });
  if (role !== 'crew') await link(page, 'live', 5_000); // a crew chooses its unit first
}

describe('signing in', () => {
  for (const role of ROLES) {
    it(`as the demo's ${role} is one press, and stays over a reload`, async () => {
      const { c, page, faults } = await signedIn(role);
      assert.equal(await page.locator('#sign-out').isVisible(), true);
      assert.equal(await page.locator('#to-login').isVisible(), false);
      await page.reload();
      await arrived(page, role);
      assert.match((await page.getAttribute('#sign-out', 'aria-label')) ?? '', /모의/);
      assert.deepEqual(faults, []);
      const cookie = (await c.cookies()).find((k) => k.name === 'weer_refresh');
      assert.ok(
        cookie?.httpOnly && cookie.sameSite === 'Strict',
        JSON.stringify(cookie && { ...cookie, value: '' }),
      );
      const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
      assert.doesNotMatch(kept, /ey[A-Za-z0-9_-]{10}/, 'a token lies in the store');
      await c.close();
    });
  }

  it('offers each role in Korean and English', async () => {
    const c = await context();
    const page = await c.newPage();
    await page.goto(`${url}/login`);
    await page
      .locator('#accounts button')
      .nth(ROLES.length - 1)
      .waitFor();
    const texts = await page.locator('#accounts button').allTextContents();
    assert.equal(texts.length, ROLES.length);
    for (const text of texts) assert.match(text, /[가-힣].* · [A-Z]/);
    await c.close();
  });

  it('by keyboard alone: a wrong password is said, a right one goes on', async () => {
    const c = await context();
    const page = await c.newPage();
    await page.goto(`${url}/login`);
    const crew = (await demoAccounts()).find((a) => a.role === 'crew')!;
    await page.keyboard.type(crew.login);
    await page.keyboard.press('Tab');
    await page.keyboard.type('not the password');
    await page.keyboard.press('Enter');
    await page.locator('#failure').filter({ hasText: '다릅니다' }).waitFor({ timeout: 5_000 });
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'password');
    await page.keyboard.type(crew.password);
    await page.keyboard.press('Enter');
    await arrived(page, 'crew');
    await c.close();
  });

  it('leads back to where somebody was going, in the chosen language, and to no other host', async () => {
    const c = await context();
    const page = await c.newPage();
    await page.goto(`${url}/admin`);
    await page.waitForURL(`${url}/login?next=%2Fadmin`);
    await page.click('#language');
    await page.locator('#demo').waitFor();
    await page.click('[data-role=admin]');
    await page.waitForURL(`${url}/admin?lang=en`);
    await link(page, 'live', 5_000);
    for (const next of [
      '//evil.example/',
      '/\\\\evil.example/',
      'https://evil.example/',
      '/\t/evil.example',
    ]) {
      await page.goto(`${url}/login?next=${encodeURIComponent(next)}`);
      await page.click('[data-role=viewer]');
      await page.waitForURL(`${url}/?lang=en`);
    }
    await c.close();
  });

  it('leads to the sign-up and back', async () => {
    const c = await context();
    const page = await c.newPage();
    const faults = watchFaults(page);
    await page.goto(`${url}/login?lang=en`);
    await page.click('#to-signup');
    await page.waitForURL(`${url}/signup?lang=en`);
    await page.click('a[href^="/login"]:visible');
    await page.waitForURL(`${url}/login?lang=en`);
    assert.deepEqual(faults, []);
    await c.close();
  });

  it('says how many seconds to wait after too many tries, and counts them', async () => {
    const c = await context();
    const page = await c.newPage();
    await page.goto(`${url}/login`);
    for (let tries = 0; tries < 12; tries++) {
      await page.fill('#login', 'nobody.here');
      await page.fill('#password', `guess number ${tries}`);
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.getElementById('failure')!.textContent !== '');
      if ((await page.getAttribute('#submit', 'aria-disabled')) === 'true') break;
    }
    const text = async () => (await page.textContent('#submit')) ?? '';
    assert.match(await text(), /^\d+초 뒤에 가능$/);
    assert.match((await page.textContent('#failure')) ?? '', /시도가 많았습니다/);
    await page.locator('#submit[aria-disabled=false]').waitFor({ timeout: 15_000 });
    assert.equal(await text(), '로그인');
    await c.close();
  });

  for (const [state, code, sentence] of [
    ['waits', 'not_approved', '승인을 기다리는'],
    ['was rejected', 'rejected', '거절'],
    ['is blocked', 'revoked', '차단'],
  ] as const) {
    it(`says that the account ${state}`, async () => {
      const c = await context();
      const page = await c.newPage();
      await page.route('**/api/v1/session', (route) => route.fulfill({ status: 403, json: { code } }));
      await page.goto(`${url}/login`);
      await page.fill('#login', 'kim.crew');
      await page.fill('#password', 'a long enough one');
      await page.keyboard.press('Enter');
      await page.locator('#failure').filter({ hasText: sentence }).waitFor({ timeout: 5_000 });
      await c.close();
    });
  }
});

describe('signing out', () => {
  it('leads to the sign-in page, and the session is over', async () => {
    const { c, page, faults } = await signedIn('viewer');
    await page.click('#sign-out');
    await page.waitForURL(`${url}/login`);
    assert.deepEqual(faults, []);
    const refreshed = await page.evaluate(async () => {
      const answer = await fetch('/api/v1/session/refresh', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
      });
      return answer.status;
    });
    assert.equal(refreshed, 401);
    await c.close();
  });

  it('everywhere, from another place, is said here within three seconds, and stays said', async () => {
    const { c, page } = await signedIn('control');
    const { login, password } = (await demoAccounts()).find((a) => a.role === 'control')!;
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ login, password });
    const answer = await fetch(`${API}/session`, { method: 'POST', headers, body });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const out = await fetch(`${API}/sessions`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${token}` },
    });
    assert.ok(out.ok, `DELETE /sessions: ${out.status} ${await out.text()}`);
    await page.locator('#signed-out').waitFor({ timeout: 3_000 });
    assert.match((await page.textContent('#signed-out-why')) ?? '', /로그아웃되었습니다/);
    assert.match((await page.textContent('#note-text')) ?? '', /로그아웃되었습니다/);
    assert.notEqual(await page.getAttribute('#pill', 'data-link'), 'live');
    await page.click('#again');
    await page.waitForURL(`${url}/login`);
    await c.close();
  });
});

describe('axe finds nothing on the sign-in page', () => {
  for (const theme of ['day', 'night'] as const) {
    for (const [width, search] of [
      [1280, ''],
      [390, ''],
      [390, '?lang=en'],
    ] as const) {
      it(`${theme} ${width} ${search}`, async () => {
        const c = await context({ theme, width });
        const page = await c.newPage();
        await page.goto(`${url}/login${search}`);
        await page.locator('#demo').waitFor();
        await page.addScriptTag({ path: AXE });
        assert.deepEqual(await page.evaluate(runAxe), []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
        await c.close();
      });
    }
  }
});
