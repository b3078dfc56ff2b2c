/**
 * The ambulance's screen in a real browser: what a crew does with it, against a
 * server whose hospitals answer over REST.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AXE, link, pid, runAxe, url } from './browser.ts';
import { answer, askThree, crewPage, hospitalsIn, requestAt, Taps } from './crew.ts';
import { person, scenario, until } from './world.ts';
import type { Page } from 'playwright-core';

const takeover = (page: Page, kind: string) => page.locator(`#takeover[data-kind=${kind}]`);

describe('asking', () => {
  it('takes three presses for a blank patient and asks three hospitals (R7), which fall silent when one says yes', async () => {
    const { page, context, faults, crew } = await crewPage();
    const taps = new Taps(page);
    assert.equal(await page.locator('.list > .card').count(), 4);
    await taps.tap('[data-condition=mi]');
    await taps.tap('[data-choice=ktas] [data-value="2"]');
    await taps.tap('#ask');
    await page.locator('.card[data-state=pending]').nth(2).waitFor();
    assert.equal(taps.count, 3);
    const asked = await hospitalsIn(page, 'pending');
    assert.match((await page.locator('.answer').first().innerText()) ?? '', /대기 0:0\d/);

    const [first, second] = asked as [string, string];
    const request = await requestAt(page, first);
    const other = await requestAt(page, second);
    await answer(first, request, 'approve', { case_version: 1 });
    await takeover(page, 'won').waitFor({ timeout: 2_000 });
    assert.match(await page.innerText('#takeover-title'), /수용/);
    assert.equal((await crew.call('GET', `/reservations/${other}`)).end, 'superseded');

    await page.click('#seen');
    await page.locator(`.way[data-request="${request}"]`).waitFor();
    await until('the server knows that it was seen', async () => {
      return (await crew.call('GET', `/reservations/${request}`)).confirmed_at;
    });
    await page.click('#arrived');
    await page.click('#hand-over');
    await until('the patient is handed over', async () => {
      return (await crew.call('GET', `/reservations/${request}`)).handed_over_at;
    });
    assert.deepEqual(faults, []);
    await context.close();
  });

  it('a single hospital is one more press; pressed before anything is known, nothing is asked', async () => {
    const { page, context, crew } = await crewPage();
    await page.locator('#ask').dispatchEvent('click');
    await page.locator('.card .ask').nth(1).dispatchEvent('click');
    assert.equal((await crew.call('GET', '/patient-conditions')).items.length, 0);
    await page.click('[data-condition=trauma]');
    await page.click('.card .ask >> nth=1');
    await page.locator('.card[data-state=pending]').waitFor();
    assert.equal((await hospitalsIn(page, 'pending')).length, 1);
    await context.close();
  });

  it('asks for the kind of bed that was chosen, also whoever is asked later', async () => {
    const { page, context, crew } = await crewPage();
    await page.click('#other-conditions');
    await page.selectOption('#item', 'icu.general');
    await page.click('dialog.sheet .close');
    await askThree(page);
    await page.click('.list > .card .ask');
    const items = await until('four are asked', async () => {
      const { items: asked } = await crew.call('GET', '/reservations');
      return asked.length === 4 ? asked.map((r: { item: string }) => r.item) : null;
    });
    assert.deepEqual(new Set(items), new Set(['icu.general']));
    await context.close();
  });

  it('goes on with the next three after all said no, and says who refused and why', async () => {
    const { page, context } = await crewPage();
    const first = await askThree(page);
    for (const hospital of first) {
      await answer(hospital, await requestAt(page, hospital), 'reject', { reason: 'no_icu' });
    }
    await page.locator('#refusals').waitFor();
    assert.match(await page.innerText('#refusals'), /3곳 거절[\s\S]*중환자실 없음/);
    assert.equal(await page.innerText('#ask'), '다음 3곳 요청');
    await page.click('#ask');
    await page.locator('.card[data-state=pending]').nth(2).waitFor();
    const next = await hospitalsIn(page, 'pending');
    assert.equal(new Set([...first, ...next]).size, 6);
    await context.close();
  });

  it('says that nobody answers, with the telephone number, and still takes a late yes', async () => {
    const { page, context } = await crewPage();
    const [hospital] = (await askThree(page)) as [string];
    const card = page.locator(`.card[data-hospital="${hospital}"]`);
    await card.filter({ hasText: '무응답' }).waitFor({ timeout: 15_000 });
    assert.match((await card.locator('a.call').getAttribute('href')) ?? '', /^tel:[\d-]+$/);
    await answer(hospital, await requestAt(page, hospital), 'approve', { case_version: 1 });
    await takeover(page, 'won').waitFor({ timeout: 2_000 });
    await context.close();
  });

  it('can be taken back for one hospital, from its sheet, where the ladder stands', async () => {
    const { page, context } = await crewPage();
    const [hospital] = (await askThree(page)) as [string];
    await page.click(`.card[data-hospital="${hospital}"] .what`);
    assert.equal(await page.locator('.ladder li').count(), 4);
    await page.click('#cancel-ask');
    await page.click('#hospital-sheet .close');
    await page.locator(`.card[data-hospital="${hospital}"][data-state=canceled]`).waitFor();
    await context.close();
  });
});

describe('what takes the screen', () => {
  it('is the hospital that the control room designates: no press but the one that it was seen', async () => {
    const { page, context, crew } = await crewPage();
    const [hospital] = (await askThree(page)) as [string];
    const [c] = (await crew.call('GET', '/patient-conditions')).items;
    const control = await person({ role: 'control', regions: ['11'] });
    await control.call('POST', `/patient-conditions/${c.id}/designation`, {
      hospital_id: hospital,
      case_version: 1,
      override: '상황실 결정',
    });
    await takeover(page, 'designated').waitFor({ timeout: 2_000 });
    assert.match(await page.innerText('#takeover-title'), /지정 병원/);
    assert.equal(await page.locator('#takeover button').count(), 1);
    await page.click('#seen');
    await page.locator('.way').filter({ hasText: '지정 병원' }).waitFor();
    await context.close();
  });

  it('is a yes that was taken back, until it was seen, over a reload; one press asks the others again', async () => {
    const { page, context, crew } = await crewPage();
    const [first, second, third] = (await askThree(page)) as [string, string, string];
    const request = await requestAt(page, first);
    await answer(first, request, 'approve', { case_version: 1 });
    await takeover(page, 'won').waitFor();
    await page.click('#seen');
    await answer(first, request, 'withdraw', { reason: 'no_specialist' });
    await takeover(page, 'lost').waitFor({ timeout: 2_000 });
    await page.reload();
    await takeover(page, 'lost').waitFor({ timeout: 10_000 });
    assert.match(await page.innerText('#takeover'), /수용 취소됨[\s\S]*전문의 부재/);
    assert.equal(await page.innerText('#again'), '확인하고 2곳 다시 요청');
    await page.click('#again');
    await page.locator('#takeover').waitFor({ state: 'detached' });
    await page.locator('.card[data-state=pending]').nth(1).waitFor();
    assert.deepEqual(new Set(await hospitalsIn(page, 'pending')), new Set([second, third]));
    const { items } = await crew.call('GET', '/reservations?going=true');
    assert.equal(items.length, 2);
    await context.close();
  });
});

describe('the patient', () => {
  it('can be told after the ask, goes to the hospitals at once, and what was not measured stays so', async () => {
    const { page, context, crew } = await crewPage();
    const [hospital] = (await askThree(page)) as [string];
    const request = await requestAt(page, hospital);
    await page.click('#patient');
    await page.click('#patient-sheet [data-choice=ktas] [data-value="1"]');
    await page.click('#patient-sheet [data-choice=age] [data-value=elderly]');
    await page.click('#patient-sheet [data-choice=avpu] [data-value=voice]');
    await page.fill('[name=systolic]', '83');
    await page.fill('[name=diastolic]', '51');
    await page.click('#save');
    await page.locator('#patient-sheet').waitFor({ state: 'detached' });
    await page.locator('#patient').filter({ hasText: 'KTAS 1' }).waitFor();
    const desk = await person({ role: 'hospital', hospital });
    const seen = await desk.call('GET', `/reservations/${request}/patient-condition`);
    assert.deepEqual(
      [seen.ktas, seen.age_band, seen.clinical.avpu, seen.clinical.systolic, seen.clinical.pulse],
      [1, 'elderly', 'voice', 83, null],
    );
    await answer(hospital, request, 'acknowledge', { case_version: 2 });
    await answer(hospital, request, 'approve', { case_version: 2 });
    await page.click('#seen');
    await page.locator('.way .note[data-level=ok]').waitFor();
    assert.equal((await crew.call('GET', `/reservations/${request}`)).acked_version, 2);
    await context.close();
  });

  it('that is wrong is said at the field, and nothing that was typed is lost', async () => {
    const { page, context } = await crewPage();
    await askThree(page);
    await page.click('#patient');
    await page.fill('[name=systolic]', '50');
    await page.fill('[name=diastolic]', '120');
    await page.click('#save');
    await page.locator('[name=diastolic][aria-invalid=true]').waitFor();
    assert.equal(await page.inputValue('[name=systolic]'), '50');
    await context.close();
  });

  it('is one of several, and each goes on by itself', async () => {
    const { page, context } = await crewPage();
    await askThree(page);
    const code = await page.innerText('#patient b');
    await page.click('#new-patient');
    await page.click('[data-condition=stroke]');
    await page.click('#ask');
    await page.locator('.card[data-state=pending]').nth(2).waitFor();
    assert.match(await page.innerText('#cases'), /2/);
    await page.click('#cases');
    await page.click(`#cases-sheet button:has-text("${code}")`);
    await page.locator('#patient').filter({ hasText: '심근경색' }).waitFor();
    await context.close();
  });
});

describe('finding', () => {
  it('searches by name, narrows, and asks from there', async () => {
    const { page, context } = await crewPage();
    await page.click('[data-condition=mi]');
    await page.click('#wider');
    const rows = page.locator('#wider-sheet .card');
    assert.ok((await rows.count()) > 10);
    await page.fill('#search', '서울대');
    await until('only what is searched for', async () =>
      (await rows.locator('.name').allInnerTexts()).every((name) => name.includes('서울대')),
    );
    await page.fill('#search', '');
    await page.click('#only-free');
    const kinds = await rows
      .locator('.beds')
      .evaluateAll((all) => all.map((b) => (b as HTMLElement).dataset['kind']));
    assert.ok(
      kinds.every((k) => k === 'free'),
      String(kinds),
    );
    await page.fill('#search', '없는병원이름');
    await page.getByText('찾은 병원이 없습니다').waitFor();
    await context.close();
  });

  it('shows what a hospital announces', async () => {
    const { page, context } = await crewPage();
    await page.click('.card:has(.notices) .what');
    assert.ok((await page.innerText('#hospital-sheet .notices')).length > 1);
    await context.close();
  });

  it('knows where it is by GPS, or by the district that was pressed, and says when it guesses', async () => {
    const { page, context } = await crewPage({ geolocation: { latitude: 37.5172, longitude: 127.0473 } });
    await page.locator('#place[data-source=gps]').waitFor();
    const minutes = () => page.locator('.card .minutes').allInnerTexts();
    const before = (await minutes()).join();
    await page.click('#place');
    await page.click('.districts button:has-text("도봉구")');
    await page.locator('#place[data-source=hand]').filter({ hasText: '도봉구' }).waitFor();
    await until('the way from there', async () => (await minutes()).join() !== before, 8_000);
    await context.close();
    const guessed = await crewPage();
    assert.equal(await guessed.page.getAttribute('#place', 'data-source'), 'guess');
    await guessed.context.close();
  });
});

describe('legibility', () => {
  /** Runs in the page: sizes of the visible texts and of what can be pressed, by what breaks R1 and R3. */
  const tooSmall = (): string[] => {
    const out: string[] = [];
    const seen = (el: Element) =>
      el.getClientRects().length > 0 && !el.closest('.hidden, [aria-hidden=true]');
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const el = walker.currentNode.parentElement!;
      const text = walker.currentNode.textContent!.trim();
      if (!text || !seen(el) || el.closest('noscript, option')) continue;
      const px = parseFloat(getComputedStyle(el).fontSize);
      const least = el.closest('.name') ? 32 : el.matches('.number') ? 48 : 24;
      if (px < least) out.push(`${px}px: ${text}`);
    }
    for (const el of document.querySelectorAll('button, a, select, input, textarea')) {
      if (!seen(el)) continue;
      const { width, height } = el.getBoundingClientRect();
      const main = el.matches('.main-action, .ask, #ask');
      if (width < (main ? 118 : 76) || height < (main ? 90 : 76))
        out.push(`${Math.round(width)}x${Math.round(height)}: ${el.textContent?.trim()}`);
    }
    return out;
  };

  it('no text under 24 px, names from 32, numbers from 48 (R1); targets from 76, main actions from 118x90 (R3); nothing scrolls (R7)', async () => {
    const { page, context } = await crewPage({ bypassCSP: true });
    assert.deepEqual(await page.evaluate(tooSmall), []);
    await askThree(page);
    assert.deepEqual(await page.evaluate(tooSmall), []);
    const over = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    assert.ok(over <= 0, `${over} px below the screen`);
    for (const sheet of ['#wider', '#patient', '#cases', '#place']) {
      await page.click(sheet);
      await page.locator('dialog.sheet').waitFor();
      assert.deepEqual(await page.evaluate(tooSmall), [], sheet);
      await page.click('dialog.sheet .close');
    }
    await page.addStyleTag({
      content: '.fact { font-size: 20px !important } .ask { min-height: 60px !important }',
    });
    assert.ok((await page.evaluate(tooSmall)).length > 2, 'what was planted is found');
    await context.close();
  });

  it('is read from left to right: name, minutes, beds; numbers stand right, in figures of one width (R9)', async () => {
    const { page, context } = await crewPage();
    const columns = await page.evaluate(() =>
      ['.name', '.minutes .number', '.beds .number'].map((column) =>
        [...document.querySelectorAll(`.list > .card ${column}`)].map((el) => {
          const { left, right } = el.getBoundingClientRect();
          return { left, right, figures: getComputedStyle(el).fontVariantNumeric };
        }),
      ),
    );
    const [names, minutes, beds] = columns as [(typeof columns)[0], (typeof columns)[0], (typeof columns)[0]];
    for (const [i, name] of names.entries())
      assert.ok(name.left < minutes[i]!.left && minutes[i]!.right < beds[i]!.left);
    for (const numbers of [minutes, beds]) {
      assert.equal(new Set(numbers.map((n) => Math.round(n.right))).size, 1, 'they end in one line');
      assert.ok(numbers.every((n) => n.figures === 'tabular-nums'));
    }
    await context.close();
  });

  it('night is dark: mean luminance at most 0.08, nothing brighter than 0.85 (R19)', async () => {
    const { page, context } = await crewPage({ theme: 'night' });
    await askThree(page);
    const png = (await page.screenshot()).toString('base64');
    const [mean, most] = await page.evaluate(async (data) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const draw = canvas.getContext('2d')!;
      draw.drawImage(bitmap, 0, 0);
      const { data: px } = draw.getImageData(0, 0, bitmap.width, bitmap.height);
      const lin = (v: number) => ((v /= 255) <= 0.040_45 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      const table = Array.from({ length: 256 }, (_, v) => lin(v));
      let sum = 0;
      let top = 0;
      for (let i = 0; i < px.length; i += 4) {
        const l = 0.2126 * table[px[i]!]! + 0.7152 * table[px[i + 1]!]! + 0.0722 * table[px[i + 2]!]!;
        sum += l;
        top = Math.max(top, l);
      }
      return [sum / (px.length / 4), top] as const;
    }, png);
    assert.ok(mean <= 0.08 && most <= 0.85, `mean ${mean.toFixed(3)}, brightest ${most.toFixed(3)}`);
    await context.close();
  });

  it('the theme’s button is always there and keeps what was chosen (R20)', async () => {
    const { page, context } = await crewPage();
    await page.click('#theme');
    await page.waitForSelector('html[data-theme=night]');
    await page.reload();
    await page.waitForSelector('html[data-theme=night]');
    await page.locator('#theme').waitFor();
    await context.close();
  });

  it('whoever drives reads two things and presses nothing (R11)', async () => {
    const { page, context } = await crewPage();
    const [hospital] = (await askThree(page)) as [string];
    await answer(hospital, await requestAt(page, hospital), 'approve', { case_version: 1 });
    await page.click('#seen');
    await page.goto(`${url}/ambulance?view=driver`);
    await page.locator('.driver b').filter({ hasText: /\d/ }).waitFor({ timeout: 10_000 });
    assert.equal(await page.locator('main button, main a').count(), 0);
    await context.close();
  });

  it('works by keyboard, and the focus is seen (R22)', async () => {
    const { page, context } = await crewPage();
    await page.focus('[data-condition=mi]');
    await page.keyboard.press('Space');
    await page.waitForSelector('[data-condition=mi][aria-pressed=true]');
    assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement!).outlineWidth), '4px');
    await page.focus('#ask');
    await page.keyboard.press('Enter');
    await page.locator('.card[data-state=pending]').nth(2).waitFor();
    await context.close();
  });
});

describe('axe finds nothing (R4, R23)', () => {
  for (const theme of ['day', 'night'] as const) {
    for (const search of ['', '?lang=en']) {
      it(`${theme} ${search}`, async () => {
        const { page, context } = await crewPage({ theme, search, bypassCSP: true });
        await page.addScriptTag({ path: AXE });
        const clean = async (what: string) => assert.deepEqual(await page.evaluate(runAxe), [], what);
        await clean('blank');
        await page.click('#other-conditions');
        await clean('condition');
        await page.click('dialog.sheet .close');
        const [hospital] = (await askThree(page)) as [string];
        await clean('asked');
        for (const sheet of ['#wider', '#patient', '#cases', '#place', '.card .what']) {
          await page.click(sheet);
          await page.locator('dialog.sheet').waitFor();
          await clean(sheet);
          await page.click('dialog.sheet .close');
        }
        const request = await requestAt(page, hospital);
        await answer(hospital, request, 'approve', { case_version: 1 });
        await takeover(page, 'won').waitFor();
        await clean('won');
        await page.click('#seen');
        await page.locator('.way').waitFor();
        await clean('under way');
        await answer(hospital, request, 'withdraw', { reason: 'no_icu' });
        await takeover(page, 'lost').waitFor();
        await clean('lost');
        await context.close();
      });
    }
  }

  it('also upright, where nothing is cut off', async () => {
    const { page, context } = await crewPage({ width: 800, height: 1280, bypassCSP: true });
    await askThree(page);
    await page.addScriptTag({ path: AXE });
    assert.deepEqual(await page.evaluate(runAxe), []);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} px wider than the screen`);
    await context.close();
  });
});

it('in red-green blindness every state keeps its shape and its word (R5)', async () => {
  const { page, context } = await crewPage();
  const [hospital] = (await askThree(page)) as [string];
  await answer(hospital, await requestAt(page, hospital), 'reject', { reason: 'no_beds' });
  await page.locator('.card[data-state=rejected]').waitFor();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Emulation.setEmulatedVisionDeficiency', { type: 'deuteranopia' });
  for (const fact of await page.locator('.fact:not(.notices), .answer').all()) {
    assert.equal(await fact.locator('svg[data-shape]').count(), 1, await fact.innerText());
    assert.ok((await fact.innerText()).trim().length > 1);
  }
  await context.close();
});

it('says that nothing is collected when the poller is dead', async () => {
  const { page, context } = await crewPage();
  await scenario('reset');
  await page.locator('#note[data-level=no]').filter({ hasText: '수집 중단' }).waitFor({ timeout: 40_000 });
  await scenario('none');
  await page.locator('#note[data-level=ok]').waitFor({ timeout: 40_000 });
  await context.close();
});

it('a frozen server turns the screen delayed, then offline with telephones for buttons (R13, R14); it is live again after it wakes', async () => {
  const { page, context } = await crewPage();
  await page.click('[data-condition=mi]');
  process.kill(pid, 'SIGSTOP');
  try {
    await link(page, 'delayed', 8_000);
    await page.locator('.card .tel').first().waitFor();
    assert.equal(await page.locator('.card .ask').count(), 4);
    await link(page, 'offline', 12_000);
    await page.locator('.card a.call').nth(3).waitFor();
    assert.equal(await page.locator('.card .ask').count(), 0);
    assert.match(await page.innerText('#note'), /전화/);
    assert.match((await page.getAttribute('footer a.main', 'href')) ?? '', /^tel:/);
    const outline = await page.evaluate(
      () => getComputedStyle(document.querySelector('.screen')!).outlineStyle,
    );
    assert.equal(outline, 'solid');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await link(page, 'live', 25_000);
  await page.locator('.card .ask').nth(3).waitFor();
  await context.close();
});
