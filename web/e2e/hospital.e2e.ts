/**
 * The approval console in a real browser against a running, simulated server.
 * Whoever asks acts over REST; the console is the demo's hospital. Each test leaves
 * the desk empty for the next.
 */
import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { AXE, browser, link, pid, runAxe, url, watchFaults } from './browser.ts';
import { ask, DEMO_HOSPITAL, newCrew, person, until, type Asking, type Person } from './world.ts';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

let nurse: Person;
before(async () => {
  nurse = await person({ role: 'hospital', hospital: DEMO_HOSPITAL });
});

/** Nobody asks, nobody comes, and there are beds. */
beforeEach(async () => {
  await nurse.call('PUT', `/hospitals/${DEMO_HOSPITAL}/corrections/er.general`, {
    state: 'known',
    value: 20,
  });
  const { items } = await nurse.call('GET', '/reservations?going=true&limit=200');
  for (const { id, state } of items)
    await nurse.call('POST', `/reservations/${id}/${state === 'pending' ? 'reject' : 'withdraw'}`, {
      reason: 'other',
    });
});

const open: BrowserContext[] = [];
afterEach(async () => {
  for (const context of open.splice(0)) await context.close(); // of a test that failed: its console would be heard still
});

interface Desk {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly faults: string[];
}

interface Wish extends BrowserContextOptions {
  readonly theme?: 'day' | 'night';
  readonly search?: string;
  /** Runs in the page before everything else. */
  readonly init?: () => void;
}

async function openDesk({ theme = 'day', search = '', init, ...more }: Wish = {}): Promise<Desk> {
  const context = await browser.newContext({
    viewport: { width: 1920, height: 1080 },
    locale: 'ko-KR',
    timezoneId: 'Asia/Seoul',
    ...more,
  });
  open.push(context);
  await context.addInitScript((t) => localStorage.setItem('weer.theme', t), theme);
  await context.addInitScript({ content: 'globalThis.__name = (f) => f' }); // tsx names functions with it
  if (init) await context.addInitScript(init);
  const page = await context.newPage();
  const faults = watchFaults(page);
  await page.goto(`${url}/hospital?as=demo.hospital${search}`);
  await link(page, 'live', 5_000);
  await page.waitForSelector('.queue[data-armed]');
  return { page, context, faults };
}

async function closeDesk({ context, faults }: Desk): Promise<void> {
  assert.deepEqual(faults, []);
  await context.close();
}

/** A new crew asks; the page shows it. */
async function asked(page: Page, asking: Asking = {}) {
  const { crew } = await newCrew();
  const made = await ask(crew, asking);
  const id = made.reservations.find((r) => r.hospital === DEMO_HOSPITAL)!.id;
  await page.waitForSelector(`.card[data-request="${id}"]`, { timeout: 5_000 });
  return { ...made, crew, reservation: id };
}

const armed = (page: Page) => page.waitForSelector('.queue[data-armed="true"]');
const read = (id: string) => nurse.call('GET', `/reservations/${id}`);
const inState = (id: string, state: string) =>
  until(`${id} is ${state}`, async () => ((await read(id)).state === state ? read(id) : null));
const bursts = async (page: Page): Promise<number> =>
  Number(await page.getAttribute('.queue', 'data-bursts'));

/** A key of this hospital on the region's feed. */
async function onBoard(part: string): Promise<any> {
  const { keys } = await nurse.call('GET', '/regions/11/board');
  return keys.find((k: { key: string }) => k.key === `${DEMO_HOSPITAL}/${part}`)?.value;
}
const reaches = (reach: string) =>
  until(`the board says ${reach}`, async () => (await onBoard('console'))?.reach === reach, 20_000);

async function passSoundTest(page: Page): Promise<void> {
  await page.click('#sound');
  await page.click('#heard');
  await page.waitForSelector('#sound[data-audible="true"]');
}

describe('a request', () => {
  it('R30: appears, names the window, is spoken, and sounds until it is answered', async () => {
    const desk = await openDesk();
    const { page } = desk;
    await passSoundTest(page);
    const { reservation } = await asked(page, { triage: { ktas: 2, category: 'severe.mi_reperfusion' } });
    assert.equal(await page.title(), '(1) 수용 요청');
    assert.match(await page.locator('[role=alert].hidden').innerText(), /KTAS 2, 심근경색/);
    const first = await until('it sounds', () => bursts(page));
    await until('it sounds again', async () => (await bursts(page)) > first, 7_000);
    await until('the server knows', async () => (await read(reservation)).sounded_at);
    await page.click('.card .accept');
    await inState(reservation, 'approved');
    await page.waitForSelector('.queue:not([data-alarm])');
    await closeDesk(desk);
  });

  it('R34: is not accepted by a key that was pressed as it came; then by F2 alone', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const { reservation } = await asked(page);
    await page.keyboard.press('F2');
    await page.keyboard.press('F4');
    assert.equal(await page.getAttribute('.queue', 'data-armed'), 'false');
    await armed(page);
    assert.equal(await page.locator('dialog[open]').count(), 0);
    assert.equal((await read(reservation)).state, 'pending');
    await page.keyboard.press('F2');
    const yes = await inState(reservation, 'approved');
    assert.equal(yes.seen_version, 1);
    await page.waitForSelector(`.guest[data-request="${reservation}"]`);
    await closeDesk(desk);
  });

  it('is taken back within ten seconds at one press, and the button goes by itself', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const { reservation } = await asked(page);
    await armed(page);
    await page.keyboard.press('F2');
    await page.click('#undo');
    assert.equal((await inState(reservation, 'canceled')).end, 'undone');
    const again = await asked(page);
    await armed(page);
    await page.keyboard.press('F2');
    await page.waitForSelector('#undo');
    await page.waitForSelector('#undo', { state: 'detached', timeout: 12_000 });
    assert.equal((await read(again.reservation)).state, 'approved');
    await closeDesk(desk);
  });

  it('is declined by F4 and a digit, and the reason can be told to everybody', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const first = await asked(page);
    await armed(page);
    await page.keyboard.press('F4');
    await page.waitForSelector('dialog[open]');
    await page.keyboard.press('2');
    assert.equal((await inState(first.reservation, 'rejected')).reason, 'no_specialist');
    await page.waitForSelector('main[data-waiting="0"]');

    const second = await asked(page, { triage: { ktas: 3, category: 'severe.burn' } });
    await armed(page);
    await page.click('.card .decline');
    await page.check('input[name=announce][value="30"]');
    await page.click('[data-reason="equipment_down"]');
    assert.equal((await inState(second.reservation, 'rejected')).reason, 'equipment_down');
    const { items } = await nurse.call('GET', `/hospitals/${DEMO_HOSPITAL}/announcements?in_force=true`);
    const told = items.find((a: any) => a.reason === 'equipment_down' && a.source === 'console');
    assert.equal(told?.disease, 'severe.burn');
    await nurse.call('POST', `/hospitals/${DEMO_HOSPITAL}/announcements/${told.id}/lift`);
    await closeDesk(desk);
  });

  it('R33: goes with its sound within 500 ms when another hospital accepts, and says so for 5 s', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const other = 'A1100001';
    const { reservations } = await asked(page, { hospitals: [DEMO_HOSPITAL, other] });
    const theirs = reservations.find((r) => r.hospital === other)!.id;
    const gone = page.evaluate(
      () =>
        new Promise<number>((done) => {
          const look = new MutationObserver(() => {
            if (document.querySelector('.card, .queue[data-alarm]')) return;
            look.disconnect();
            done(Date.now());
          });
          look.observe(document.body, { subtree: true, childList: true, attributes: true });
        }),
    );
    const they = await person({ role: 'hospital', hospital: other });
    const { case_version } = await they.call('GET', `/reservations/${theirs}`);
    await they.call('POST', `/reservations/${theirs}/approve`, { case_version, override: '시험' });
    const at = Date.now();
    const after = (await gone) - at;
    assert.ok(after <= 500, `${after} ms`);
    const said = page.locator('.gone[data-why="superseded"]');
    assert.match(await said.innerText(), /다른 병원 수용/);
    const since = Date.now();
    await said.waitFor({ state: 'detached', timeout: 8_000 });
    assert.ok(Date.now() - since > 3_000, 'it was there long enough to be read');
    await they.call('POST', `/reservations/${theirs}/withdraw`, { reason: 'other' });
    await closeDesk(desk);
  });

  it('sounds again after a reload, whoever heard it before', async () => {
    const desk = await openDesk();
    const { page } = desk;
    await asked(page);
    await until('it sounds', () => bursts(page));
    await page.reload();
    await page.waitForSelector('.card');
    await until('it sounds again', () => bursts(page));
    await closeDesk(desk);
  });

  it('R7: has three cards at most; a single one is drawn at double height', async () => {
    const desk = await openDesk();
    const { page } = desk;
    await asked(page, { triage: { ktas: 1 } });
    const single = (await page.locator('.card').boundingBox())!.height;
    await asked(page, { triage: { ktas: 2 } });
    const [, second] = await page.locator('.card').all();
    const one = (await second!.boundingBox())!.height;
    assert.ok(single >= 1.8 * one, `${single} and ${one}`);
    await asked(page, { triage: { ktas: 3 } });
    const { crew } = await newCrew();
    await ask(crew, { triage: { ktas: 5 } });
    await page.waitForSelector('#more');
    assert.equal(await page.locator('.card').count(), 3);
    assert.match(await page.locator('#more').innerText(), /그 외 1건/);
    const urgency = await page.locator('.card .ktas').allInnerTexts();
    assert.deepEqual(urgency, ['KTAS 1', 'KTAS 2', 'KTAS 3']);
    await closeDesk(desk);
  });

  it('says what changed while it was looked at; the yes names the version that is shown', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const { id, crew, reservation } = await asked(page, { triage: { ktas: 3 } });
    await crew.call('PATCH', `/patient-conditions/${id}`, { triage: { ktas: 1 } }, { 'If-Match': '*' });
    await page.waitForSelector('.card[data-version="2"]');
    assert.match(await page.locator('.card .says').innerText(), /바뀜: KTAS/);
    assert.match(await page.locator('.card .sub').innerText(), /악화/);
    await armed(page);
    await page.keyboard.press('F2');
    assert.equal((await inState(reservation, 'approved')).seen_version, 2);
    await closeDesk(desk);
  });

  it('that changed in the very moment of the yes is looked at again, and pressed again', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const { id, crew, reservation } = await asked(page, { triage: { ktas: 3 } });
    await page.route(
      '**/approve',
      async (route) => {
        await crew.call('PATCH', `/patient-conditions/${id}`, { triage: { ktas: 2 } }, { 'If-Match': '*' });
        await route.continue();
      },
      { times: 1 },
    );
    await armed(page);
    await page.keyboard.press('F2');
    const says = page.locator('.card .says');
    await says.getByText('상태가 바뀌었습니다').waitFor();
    assert.match(await says.innerText(), /바뀜: KTAS/);
    assert.equal((await read(reservation)).state, 'pending');
    await armed(page);
    await page.keyboard.press('F2');
    assert.equal((await inState(reservation, 'approved')).seen_version, 2);
    assert.deepEqual(
      desk.faults.filter((f) => !f.includes('412')),
      [],
    );
  });

  it('is accepted by a hospital that is known to be full, with a reason', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const item = `/hospitals/${DEMO_HOSPITAL}/corrections/er.general`;
    await nurse.call('PUT', item, { state: 'known', value: -3 });
    await page.locator('[data-item="er.general"].big', { hasText: '포화 +3' }).waitFor();
    const { reservation } = await asked(page);
    await armed(page);
    await page.keyboard.press('F2');
    await page.click('#override .usual >> nth=0');
    assert.equal((await inState(reservation, 'approved')).override, '처치실 자리를 씀');
    assert.deepEqual(
      desk.faults.filter((f) => !f.includes('409')),
      [],
    );
    await desk.context.close();
  });

  it('shows vitals when they are asked for, and the person who did is known', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const { reservation } = await asked(page);
    await page.click('.card .look');
    await page.waitForSelector('#patient dl');
    assert.match(await page.locator('[data-vital="spo2"]').innerText(), /미측정/);
    const seen = await until('it is opened', async () =>
      (await read(reservation)).opened_at ? read(reservation) : null,
    );
    assert.ok(seen.sounded_at === null || seen.shown_at !== null);
    await page.keyboard.press('Escape');
    await page.waitForSelector('#patient', { state: 'detached' });
    await closeDesk(desk);
  });
});

describe('a patient on the way', () => {
  it('who got worse alarms until it is acknowledged at one press', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const { id, crew, reservation } = await asked(page, { triage: { ktas: 3 } });
    await armed(page);
    await page.keyboard.press('F2');
    await page.waitForSelector(`.guest[data-request="${reservation}"]`);
    const before = await bursts(page);
    await crew.call('PATCH', `/patient-conditions/${id}`, { triage: { ktas: 1 } }, { 'If-Match': '*' });
    await page.waitForSelector('.guest[data-unseen="true"]');
    await page.waitForSelector('.coming[data-alarm="urgent"]');
    await until('it sounds', async () => (await bursts(page)) > before);
    await page.click('[data-step="acknowledge"]');
    await page.waitForSelector('.coming:not([data-alarm])');
    assert.equal((await read(reservation)).acked_version, (await read(reservation)).worse_version);
    await closeDesk(desk);
  });

  it('whom the control room assigned is marked, and alarms until somebody has seen it', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const { crew } = await newCrew();
    const opened = await crew.call('POST', '/patient-conditions', { triage: { ktas: 2 } });
    const control = await person({ role: 'control', regions: ['11'] });
    await control.call('POST', `/patient-conditions/${opened.id}/designation`, {
      hospital_id: DEMO_HOSPITAL,
      case_version: opened.version,
    });
    const guest = page.locator('.guest[data-unseen="true"]');
    await guest.getByText('지정 병원').first().waitFor();
    await until('it sounds', () => bursts(page));
    await guest.locator('[data-step="acknowledge"]').click();
    await page.waitForSelector('.coming:not([data-alarm])');
    assert.match(await page.locator('.guest').innerText(), /지정 병원/);
    await closeDesk(desk);
  });

  it('arrives and is handed over, or is turned away with a reason', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const step = (id: string, name: string) => page.click(`[data-request="${id}"] [data-step="${name}"]`);
    const [first, second] = [await asked(page), await asked(page)];
    for (const { reservation } of [first, second]) {
      const { case_version } = await read(reservation);
      await nurse.call('POST', `/reservations/${reservation}/approve`, { case_version, override: '시험' });
      await page.waitForSelector(`.guest[data-request="${reservation}"]`);
    }
    await step(first.reservation, 'arrive');
    await step(first.reservation, 'handOver');
    await page.waitForSelector(`.guest[data-request="${first.reservation}"]`, { state: 'detached' });
    assert.ok((await read(first.reservation)).handed_over_at);
    await step(second.reservation, 'withdraw');
    await page.keyboard.press('3');
    const ended = await inState(second.reservation, 'canceled');
    assert.deepEqual([ended.end, ended.reason], ['withdrawn', 'no_icu']);
    await closeDesk(desk);
  });
});

describe('being heard', () => {
  it('R21: is proved by a sound test, told to everybody, and outlives a reload', async () => {
    const desk = await openDesk();
    const { page } = desk;
    assert.match(await page.locator('#sound').innerText(), /소리 시험/);
    await page.locator('#reach', { hasText: '화면만' }).waitFor();
    await reaches('visible');
    await passSoundTest(page);
    await reaches('audible');
    await page.locator('#reach', { hasText: '알림 들림' }).waitFor();
    await page.reload();
    await page.waitForSelector('#sound[data-audible="true"]');
    await page.locator('#reach', { hasText: '알림 들림' }).waitFor();
    await closeDesk(desk);
  });

  it('R21: is asked for in red while the browser lets no sound out', async () => {
    const desk = await openDesk({
      init: () => {
        const Real = window.AudioContext;
        window.AudioContext = class extends Real {
          constructor() {
            super();
            void this.suspend();
          }
        };
      },
    });
    const { page } = desk;
    await page.locator('#sound.alarm', { hasText: '소리 켜기' }).waitFor();
    await asked(page);
    await page.keyboard.press('Shift'); // any press is one
    await page.locator('#sound', { hasText: '소리 시험' }).waitFor();
    await until('it sounds at once', () => bursts(page), 2_000);
    await closeDesk(desk);
  });

  it('that is lost is said loudly, while all else is live', async () => {
    const desk = await openDesk();
    const { page } = desk;
    await page.locator('#reach', { hasText: '화면만' }).waitFor();
    await page.route('**/consoles/**', (route) => route.abort());
    await page.locator('#deaf', { hasText: '듣지 못하는 콘솔' }).waitFor({ timeout: 20_000 });
    assert.match(await page.locator('#reach').innerText(), /콘솔 끊김/);
    assert.equal(await page.getAttribute('#pill', 'data-link'), 'live');
    await page.unroute('**/consoles/**');
    await page.waitForSelector('#deaf', { state: 'detached', timeout: 10_000 });
  });

  it('R32: muted only silences, is seen, and a new request cancels it', async () => {
    const desk = await openDesk();
    const { page } = desk;
    await passSoundTest(page);
    const { reservation } = await asked(page);
    await until('it sounds', () => bursts(page));
    await page.click('#mute');
    assert.match(await page.locator('#mute').innerText(), /음소거 \d+초/);
    assert.equal(await page.locator('#mute svg').count(), 1);
    assert.equal(await page.getAttribute('#sound', 'data-audible'), 'false');
    await page.locator('#reach', { hasText: '화면만' }).waitFor();
    assert.equal((await read(reservation)).state, 'pending');
    const before = await bursts(page);
    await asked(page);
    await until('it sounds', async () => (await bursts(page)) > before, 2_000);
    await page.waitForSelector('#mute[aria-pressed="false"]');
    await closeDesk(desk);
  });
});

describe('the own data', () => {
  it('a bed is corrected at one press, for everybody, and goes back to the source', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const count = page.locator('.big[data-item="icu.general"]');
    const shown = Number(await count.locator('.number b').innerText());
    await count.locator('.step').last().click();
    await until('the board has it', async () => {
      const { value } = (await onBoard('icu'))['icu.general'];
      return value === shown + 1;
    });
    await count.getByText('병원 확인').waitFor();
    await count.locator('.back').click();
    await until('the source counts', async () => !(await onBoard('corrected'))?.['icu.general']);
    await count.locator('.back').waitFor({ state: 'detached' });
    await closeDesk(desk);
  });

  it('equipment and acceptance are said at one press', async () => {
    const desk = await openDesk();
    const { page } = desk;
    await page.click('#to-fix');
    await page.click('[data-item="equipment.ct"] [data-value="false"]');
    await until('no CT', async () => (await onBoard('equipment'))['equipment.ct'].value === 0);
    await page.click('[data-item="equipment.ct"] .back');
    await page.click('[data-item="severe.delivery"] [data-value="false"]');
    await until(
      'no delivery',
      async () => (await onBoard('acceptance'))['severe.delivery'].state === 'refuses',
    );
    await page.click('[data-item="severe.delivery"] .back');
    await until(
      'the source counts',
      async () => !(await onBoard('acceptance_corrected'))?.['severe.delivery'],
    );
    await closeDesk(desk);
  });

  it('an announcement is made with its end, and lifted', async () => {
    const desk = await openDesk();
    const { page } = desk;
    const text = `시험 안내 ${Date.now()}`;
    await page.click('#to-tell');
    await page.selectOption('#tell [name=reason]', 'no_staff');
    await page.fill('#tell [name=text]', text);
    await page.click('#tell .main-action');
    const line = page.locator('[data-told]', { hasText: text });
    await line.waitFor();
    const id = await line.getAttribute('data-told');
    assert.equal((await onBoard(`msg/${id}`)).reason, 'no_staff');
    await line.locator('button').click();
    await line.waitFor({ state: 'detached' });
    await closeDesk(desk);
  });
});

/** Runs in the page: texts that are too small, numbers that are too small, targets that are too small. */
function tooSmall(): string[] {
  const found: string[] = [];
  const px = (e: Element) => parseFloat(getComputedStyle(e).fontSize);
  const seen = (e: Element) => e.checkVisibility() && !e.closest('.hidden');
  for (const e of document.querySelectorAll('body *')) {
    const words = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent!.trim() !== '');
    if (words && seen(e) && px(e) < 22) found.push(`text ${px(e)} ${e.outerHTML.slice(0, 80)}`);
  }
  for (const e of document.querySelectorAll('.minutes b, .big .number b'))
    if (px(e) < 52) found.push(`number ${px(e)} ${e.outerHTML.slice(0, 80)}`);
  for (const e of document.querySelectorAll('button, select, input:not([type=radio])')) {
    const { width, height } = e.getBoundingClientRect();
    const main = e.matches('.accept, .decline');
    if (seen(e) && (width < (main ? 118 : 44) || height < (main ? 90 : 44)))
      found.push(`target ${width}×${height} ${e.outerHTML.slice(0, 80)}`);
  }
  return found;
}

describe('everybody can read and press it', () => {
  for (const theme of ['day', 'night'] as const) {
    for (const language of ['ko', 'en']) {
      it(`R2, R3, R4, R23: ${theme}, ${language}`, async () => {
        const desk = await openDesk({ theme, search: `&lang=${language}`, bypassCSP: true });
        const { page } = desk;
        const { reservation } = await asked(page, {
          triage: { ktas: 2, category: 'severe.burn', age_band: 'child' },
        });
        await armed(page);
        await page.keyboard.press('F2');
        await page.waitForSelector(`.guest[data-request="${reservation}"]`);
        await asked(page, { hospitals: [DEMO_HOSPITAL, 'A1100002'] });
        await page.addScriptTag({ path: AXE });
        const look = async (what: string) => {
          assert.deepEqual(await page.evaluate(runAxe), [], what);
          assert.deepEqual(await page.evaluate(tooSmall), [], what);
        };
        await look('the desk');
        for (const [button, sheet] of [
          ['.card .decline', 'dialog'],
          ['.card .look', '#patient dl'],
          ['#to-fix', '#fix'],
          ['#to-tell', '#tell'],
          ['#sound', '#sound-test'],
        ] as const) {
          await armed(page);
          await page.click(button);
          await page.waitForSelector(sheet);
          await look(sheet);
          await page.keyboard.press('Escape');
          await page.waitForSelector('dialog', { state: 'detached' });
        }
        await closeDesk(desk);
      });
    }
  }

  it('R19: at night the screen is dark, the alarm included', async () => {
    const desk = await openDesk({ theme: 'night', bypassCSP: true });
    const { page } = desk;
    await asked(page, { triage: { ktas: 1 } });
    const picture = (await page.screenshot()).toString('base64');
    const mean = await page.evaluate(async (png) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
      canvas.drawImage(image, 0, 0);
      const { data } = canvas.getImageData(0, 0, image.width, image.height);
      const linear = Array.from({ length: 256 }, (_, c) =>
        c <= 10 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4,
      );
      let sum = 0;
      for (let i = 0; i < data.length; i += 4)
        sum += 0.2126 * linear[data[i]!]! + 0.7152 * linear[data[i + 1]!]! + 0.0722 * linear[data[i + 2]!]!;
      return sum / (data.length / 4);
    }, picture);
    assert.ok(mean <= 0.08, `mean luminance ${mean}`);
    desk.faults.splice(0); // the picture is from elsewhere
    await closeDesk(desk);
  });

  for (const [width, language] of [
    [1920, 'ko'],
    [1280, 'en'],
  ] as const) {
    it(`R3: yes and no are never adjacent, ${width} px, ${language}`, async () => {
      const desk = await openDesk({ viewport: { width, height: 800 }, search: `&lang=${language}` });
      const { page } = desk;
      await asked(page, { hospitals: [DEMO_HOSPITAL, 'A1100001'] });
      for (let cards = 1; cards <= 3; cards++) {
        for (const card of await page.locator('.card').all()) {
          const [yes, no] = await Promise.all(
            ['.accept', '.decline'].map((name) => card.locator(name).boundingBox()),
          );
          assert.ok(no!.x - (yes!.x + yes!.width) >= 118, 'another target lies between them');
          assert.equal(no!.y, yes!.y);
        }
        if (cards < 3) await asked(page);
      }
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await closeDesk(desk);
    });
  }

  it('R22: by keyboard alone, with a focus of 4 px that is seen', async () => {
    const desk = await openDesk();
    const { page } = desk;
    await asked(page);
    const buttons = await page.locator('button:enabled').count();
    const reached = new Set<string>();
    for (let i = 0; i < buttons + 2; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const e = document.activeElement!;
        const { outlineWidth, outlineStyle } = getComputedStyle(e);
        const name = e.getAttribute('aria-label') ?? e.textContent!.trim();
        return { button: e.tagName === 'BUTTON', name, outline: `${outlineWidth} ${outlineStyle}` };
      });
      if (!at.button) continue;
      assert.equal(at.outline, '4px solid', at.name);
      reached.add(at.name);
    }
    assert.ok(reached.size >= buttons, `${reached.size} of ${buttons}: ${[...reached].join()}`);
    await closeDesk(desk);
  });

  it('R18: only the frame flashes, twice a second; never for who wants no motion', async () => {
    for (const reducedMotion of ['no-preference', 'reduce'] as const) {
      const desk = await openDesk({ reducedMotion });
      await asked(desk.page, { triage: { ktas: 1 } });
      const { frame, texts } = await desk.page.evaluate(() => {
        const { animationName, animationDuration, borderTopWidth } = getComputedStyle(
          document.querySelector('.queue')!,
          '::before',
        );
        const moving = [...document.querySelectorAll('.queue, .queue *')];
        const texts = moving.filter((e) => getComputedStyle(e).animationName !== 'none').length;
        return { frame: [animationName, animationDuration, borderTopWidth], texts };
      });
      assert.equal(texts, 0);
      if (reducedMotion === 'reduce') assert.deepEqual([frame[0], frame[2]], ['none', '12px']);
      else assert.deepEqual(frame.slice(0, 2), ['alarm', '0.5s']);
      await closeDesk(desk);
      for (const { id } of (await nurse.call('GET', '/reservations?going=true&limit=200')).items)
        await nurse.call('POST', `/reservations/${id}/reject`, { reason: 'other' });
    }
  });
});

it('R13, R14: a server that is frozen is seen and heard, and comes back', async () => {
  const desk = await openDesk();
  const { page } = desk;
  await asked(page);
  const before = await until('it sounds', () => bursts(page));
  process.kill(pid, 'SIGSTOP');
  try {
    await link(page, 'delayed', 9_000);
    await link(page, 'offline', 12_000);
    await page.locator('#cut', { hasText: '전화로 받으세요' }).waitFor();
    await until('it goes on sounding', async () => (await bursts(page)) > before + 1, 20_000);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await link(page, 'live', 20_000);
  await page.waitForSelector('#cut', { state: 'detached' });
  await page.locator('#reach', { hasText: '화면만' }).waitFor({ timeout: 15_000 });
  await desk.context.close();
});
