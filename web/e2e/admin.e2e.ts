/**
 * Asking for an account and deciding about it, in real browsers against a real
 * simulated server: WEER_URL is its address.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { AXE, browser, link, pid, runAxe, url, watchFaults } from './browser.ts';
import { API, DEMO_HOSPITAL, demoAdmin, newAccount, signIn, until } from './world.ts';
import type { BrowserContext, Page } from 'playwright-core';

interface Wish {
  readonly theme?: 'day' | 'night';
  readonly width?: number;
  readonly bypassCSP?: boolean;
}

interface Opened {
  readonly c: BrowserContext;
  readonly page: Page;
  readonly faults: string[];
}

async function open(
  path: string,
  { theme = 'day', width = 1280, bypassCSP = false }: Wish = {},
): Promise<Opened> {
  const c = await browser.newContext({
    viewport: { width, height: 800 },
    bypassCSP,
    locale: 'ko-KR',
    timezoneId: 'Asia/Seoul',
  });
  await c.addInitScript((t) => localStorage.setItem('weer.theme', t), theme);
  const page = await c.newPage();
  const faults = watchFaults(page);
  await page.goto(`${url}${path}`);
  return { c, page, faults };
}

async function adminPage(search = '', wish: Wish = {}): Promise<Opened> {
  const opened = await open(`/admin?as=demo.admin${search}`, wish);
  await link(opened.page, 'live', 5_000);
  return opened;
}

const newLogin = (): string => `e2e.${randomUUID().slice(0, 12)}`;
const newPassword = (): string => `correct horse ${randomUUID()}`;

/** A sign-up over REST. */
async function asks(login: string, password = newPassword(), more: object = {}): Promise<void> {
  const body = JSON.stringify({
    login,
    password,
    role: 'viewer',
    name: `시험 ${login}`,
    email: 'kim@example.kr',
    phone: '010-1234-5678',
    organisation: '시험소방서',
    ...more,
  });
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${API}/users`, { method: 'POST', headers, body });
  assert.ok(answer.ok, `POST /users: ${answer.status} ${await answer.text()}`);
}

const cardOf = (page: Page, login: string) => page.locator('[data-signup]').filter({ hasText: login });
const rowOf = (page: Page, login: string) => page.locator(`[data-account][data-login="${login}"]`);

/** Goes on with Tab until the focus is where it is wanted. */
async function tabTo(page: Page, what: string): Promise<void> {
  for (let presses = 0; presses < 120; presses++) {
    if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, what)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no Tab leads to ${what}`);
}

async function tries(page: Page, login: string, password: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.fill('#login', login);
  await page.fill('#password', password);
  await page.keyboard.press('Enter');
}

/** Nobody waits, and few accounts of other tests are in the way. */
async function decideAll(): Promise<void> {
  const admin = await demoAdmin();
  for (;;) {
    const { items } = await admin.call('GET', '/users?state=pending&limit=200');
    if (items.length === 0) return;
    for (const { id } of items)
      await admin.call('POST', `/users/${id}/reject`, { reason: '시험' }, { 'If-Match': '*' });
  }
}

before(decideAll);

describe('who waits', () => {
  it('is nobody, and that is said', async () => {
    const { c, page, faults } = await adminPage();
    await page.locator('#nobody').filter({ hasText: '기다리는 신청이 없습니다' }).waitFor();
    await page.locator('#status [data-key="run/egen.beds"] .note[data-level=ok]').waitFor();
    assert.deepEqual(faults, []);
    await c.close();
  });

  it('signs up, is there within two seconds, is let in by one press, and signs in', async () => {
    const admin = await adminPage();
    await admin.page.locator('#nobody').waitFor();
    const { c, page, faults } = await open('/signup');
    const login = newLogin();
    const password = newPassword();
    await page.fill('#name', '김구급');
    await page.fill('#organisation', '강남소방서');
    await page.fill('#certificate', '1급 12-34567');
    await page.selectOption('#region', '11');
    await page.fill('#email', 'kim@example.kr');
    await page.fill('#phone', '010-1234-5678');
    await page.fill('#login', login);
    await page.fill('#password', password);
    await page.click('#submit');
    await page.locator('#done').filter({ hasText: '관리자의 승인을 기다립니다' }).waitFor();

    const card = cardOf(admin.page, login);
    await card.waitFor({ timeout: 2_000 });
    const said = (await card.textContent()) ?? '';
    for (const text of ['김구급', '구급대원', '강남소방서', '서울'])
      assert.ok(said.includes(text), `${text}: ${said}`);
    await card.filter({ hasText: '1급 12-34567' }).waitFor();
    await card.locator('[data-do=approve]:enabled').click();
    await admin.page.locator('[data-decided=true]').filter({ hasText: '승인됨: 김구급' }).waitFor();

    await page.click('#done a.button');
    await page.waitForURL(`${url}/login`);
    await page.fill('#login', login);
    await page.fill('#password', password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/ambulance`);
    await page.locator('#sign-out').waitFor();
    await admin.page.locator('#nobody').waitFor({ timeout: 15_000 }); // the word on it stays a while, and goes
    assert.deepEqual([...faults, ...admin.faults], []);
    await c.close();
    await admin.c.close();
  });

  it('is turned away by keyboard alone, for a reason that the sign-in says', async () => {
    const { c, page, faults } = await adminPage();
    const login = newLogin();
    const password = newPassword();
    await asks(login, password, { role: 'hospital', hospital: DEMO_HOSPITAL });
    await cardOf(page, login).locator('[data-do=reject]:enabled').waitFor();
    await tabTo(page, '[data-do=reject]');
    await page.keyboard.press('Enter');
    await page.locator('#reason-sheet').waitFor();
    await tabTo(page, '#reason');
    await tabTo(page, '#do');
    await page.keyboard.press('Enter');
    await page.locator('#reason-failure').filter({ hasText: '사유를 적고' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'reason');
    await page.keyboard.type('소속을 전화로 확인하지 못했습니다.');
    await tabTo(page, '#do');
    await page.keyboard.press('Enter');
    await page.locator('[data-decided=true]').filter({ hasText: '거절됨' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.hasAttribute('data-over'));
    assert.deepEqual(faults, []);

    const person = await open('/login');
    await tries(person.page, login, password);
    await person.page.locator('#failure').filter({ hasText: '거절' }).waitFor();
    const failure = (await person.page.textContent('#failure')) ?? '';
    assert.match(failure, /사유: 소속을 전화로 확인하지 못했습니다\.$/);
    await person.c.close();
    await c.close();
  });

  it('was decided about by somebody else, which is said in its place', async () => {
    const { c, page, faults } = await adminPage();
    const login = newLogin();
    await asks(login);
    await cardOf(page, login).waitFor();
    const id = await cardOf(page, login).getAttribute('data-signup');
    await (await demoAdmin()).call('POST', `/users/${id}/approve`, {}, { 'If-Match': '*' });
    await page
      .locator(`[data-signup="${id}"][data-decided=true]`)
      .filter({ hasText: '다른 관리자' })
      .waitFor();
    assert.deepEqual(faults, []);
    await c.close();
  });

  it('wants a login that is another account’s: nobody is let in, and the page says what to do', async () => {
    const { login } = await newAccount('viewer');
    await asks(login);
    const { c, page } = await adminPage();
    const card = cardOf(page, login);
    await card.locator('[data-do=approve]:enabled').click();
    await card.locator('.failure').filter({ hasText: '쓰이는 아이디입니다' }).waitFor();
    await decideAll();
    await c.close();
  });
});

describe('the browser’s store', () => {
  it('keeps nobody who waits', async () => {
    const { c, page } = await adminPage();
    const login = newLogin();
    await asks(login);
    await cardOf(page, login).waitFor();
    await page.goto(`${url}/signup`); // a page that is left keeps what it may
    const kept = await page.evaluate(async () => {
      const opened = indexedDB.open('keyval-store');
      await new Promise((done) => (opened.onsuccess = done));
      const all = opened.result.transaction('keyval').objectStore('keyval').getAll();
      await new Promise((done) => (all.onsuccess = done));
      return JSON.stringify([all.result, { ...localStorage }]);
    });
    assert.match(kept, /demo\.admin/); // who was signed in, for a start without a network
    assert.ok(!kept.includes(login), kept);
    await decideAll();
    await c.close();
  });
});

describe('an account', () => {
  it('is found and blocked by keyboard alone; its page is cut within three seconds; then it is let in again', async () => {
    const account = await newAccount('viewer');
    const person = await open('/login');
    await signIn(person.c, account);
    await person.page.goto(`${url}/`);
    await link(person.page, 'live', 5_000);

    const { c, page, faults } = await adminPage();
    await tabTo(page, '#q');
    await page.keyboard.type(account.login);
    await page.keyboard.press('Enter');
    const row = rowOf(page, account.login);
    await until(
      'the search shows one account',
      async () => (await page.locator('[data-account]').count()) === 1,
    );
    await tabTo(page, '[data-do=block]');
    await page.keyboard.press('Enter');
    await tabTo(page, '#reason');
    await page.keyboard.type('시험이 끝났습니다.');
    await tabTo(page, '#do');
    await page.keyboard.press('Enter');
    await person.page.locator('#signed-out').waitFor({ timeout: 3_000 });
    await person.page.locator('#signed-out-why').filter({ hasText: '차단' }).waitFor();
    await row.filter({ hasText: '시험이 끝났습니다.' }).waitFor();
    assert.equal(await row.getAttribute('data-state'), 'blocked');

    await tries(person.page, account.login, account.password);
    await person.page.locator('#failure').filter({ hasText: '차단' }).waitFor();
    await tabTo(page, '[data-do=unblock]');
    await page.keyboard.press('Enter');
    await page.locator(`[data-login="${account.login}"][data-state=active]`).waitFor();
    await tries(person.page, account.login, account.password);
    await person.page.waitForURL(`${url}/`);
    assert.deepEqual(faults, []);
    await person.c.close();
    await c.close();
  });

  it('of somebody who looks has no button that would lock them out', async () => {
    const { c, page } = await adminPage();
    await rowOf(page, 'demo.admin').waitFor();
    assert.equal(await rowOf(page, 'demo.admin').locator('button').count(), 0);
    await c.close();
  });
});

describe('the sign-up page', () => {
  it('names all that is wrong at once, keeps what was typed, and begins with the first, by keyboard', async () => {
    const { c, page } = await open('/signup');
    await page.locator('#form').waitFor();
    await tabTo(page, '#name');
    await page.keyboard.type('김구급');
    await tabTo(page, '#phone');
    await page.keyboard.type('12');
    await tabTo(page, '#password');
    await page.keyboard.type('password12');
    await page.keyboard.press('Enter');
    await page.locator('.wrong').first().waitFor();
    const wrong = await page
      .locator('.wrong')
      .evaluateAll((all) => all.map((e) => e.id.replace('-wrong', '')));
    assert.deepEqual(wrong, ['organisation', 'certificate', 'region', 'email', 'phone', 'login', 'password']);
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'organisation');
    for (const [id, value] of [
      ['name', '김구급'],
      ['phone', '12'],
      ['password', 'password12'],
    ] as const)
      assert.equal(await page.inputValue(`#${id}`), value);
    await c.close();
  });
});

describe('a link that is dead', () => {
  it('is said, and what was there stays', async () => {
    const { c, page } = await adminPage();
    const login = newLogin();
    await asks(login);
    await cardOf(page, login).waitFor();
    process.kill(pid, 'SIGSTOP');
    try {
      await link(page, 'delayed', 8_000);
      await link(page, 'offline', 12_000);
      assert.equal(await cardOf(page, login).count(), 1);
      await page.locator('#note[data-level=no]').waitFor();
      await page.locator('#status [data-key="run/egen.beds"] .note[data-level=quiet]').waitFor();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await link(page, 'live', 15_000);
    await decideAll();
    await c.close();
  });
});

describe('axe finds nothing', () => {
  const login = newLogin();
  before(() => asks(login, newPassword(), { role: 'control', regions: ['11', '26'] })); // few: sign-ups are counted
  after(decideAll);

  const axe = async (page: Page): Promise<void> => {
    await page.addScriptTag({ path: AXE });
    assert.deepEqual(await page.evaluate(runAxe), []);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
    const small = await page.evaluate(smallThings);
    assert.deepEqual(small, []);
  };

  for (const theme of ['day', 'night'] as const) {
    for (const lang of ['', 'lang=en'] as const) {
      for (const width of [1280, 390] as const) {
        it(`on the sign-up page, ${theme} ${lang} ${width}`, async () => {
          const { c, page } = await open(`/signup?${lang}`, { theme, width, bypassCSP: true });
          await page.click('#submit');
          await page.locator('.wrong').first().waitFor();
          await axe(page);
          await c.close();
        });

        it(`on the administrators' page, ${theme} ${lang} ${width}`, async () => {
          const { c, page } = await adminPage(`&${lang}`, { theme, width, bypassCSP: true });
          await cardOf(page, login).locator('[data-do=approve]:enabled').waitFor();
          await page.locator('[data-account]').first().waitFor();
          await axe(page);
          await cardOf(page, login).locator('[data-do=reject]').click();
          await page.locator('#reason-sheet').waitFor();
          await axe(page);
          await c.close();
        });
      }
    }
  }
});

/** Runs in the page: text under 20 px, and what is pressed under 44 px. */
function smallThings(): string[] {
  const found: string[] = [];
  for (const e of document.querySelectorAll<HTMLElement>('body *')) {
    if (!e.checkVisibility() || e.closest('.hidden, svg, noscript')) continue;
    const own = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent!.trim() !== '');
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (own && size < 20) found.push(`${size} px: ${e.outerHTML.slice(0, 120)}`);
    if (
      !e.matches('a, button, select, textarea, input, label:has(input)') ||
      e.closest('label')?.contains(e) === true
    )
      continue;
    const { width, height } = e.getBoundingClientRect();
    if (width < 44 || height < 44) found.push(`${width} × ${height}: ${e.outerHTML.slice(0, 120)}`);
  }
  return found;
}
