/** Both sides at once, each in its own browser context: a crew at its screen, and emergency rooms at theirs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { link } from './browser.ts';
import { crewPage, hospitalsIn } from './crew.ts';
import { armed, deskPage, firstThree, newLink, roomAt, rooms } from './sides.ts';
import { ask, simulate, until } from './world.ts';

describe('a crew and three emergency rooms', () => {
  it('three say yes in the same ten milliseconds: exactly one wins, and the others read so', async () => {
    const crew = await crewPage();
    const hospitals = await firstThree(crew.page);
    await Promise.all(hospitals.map(roomAt));
    const desks = await Promise.all(hospitals.map((h) => deskPage(h)));
    const triage = { ktas: 2, category: 'severe.mi_reperfusion' };
    const { reservations } = await ask(crew.crew, { triage, hospitals }); // whoever is best by now
    const requests = reservations.map((r) => r.id);
    await Promise.all(
      desks.map(({ page }, i) => page.waitForSelector(`.card[data-request="${requests[i]}"]`)),
    );
    await Promise.all(desks.map(({ page }) => armed(page)));
    const at = Date.now() + 300;
    await Promise.all(desks.map(({ page }) => page.evaluate(pressAt, at)));
    const states = await until('all are decided', async () => {
      const all = await Promise.all(requests.map((id) => crew.crew.call('GET', `/reservations/${id}`)));
      return all.every((r) => r.state !== 'pending') ? all : null;
    });
    assert.deepEqual(states.map((r) => r.state).sort(), ['approved', 'canceled', 'canceled']);
    const winner = states.findIndex((r) => r.state === 'approved');
    await crew.page.waitForSelector(`#takeover[data-request="${requests[winner]}"]`);
    for (const [i, { page }] of desks.entries()) {
      if (i !== winner) await page.getByText('다른 병원 수용').first().waitFor({ timeout: 2_000 });
    }
    for (const desk of desks) await desk.close();
    await crew.context.close();
  });
});

/** Runs in a page: says yes at a moment. */
function pressAt(at: number): Promise<void> {
  return new Promise((done) => {
    const spin = (): void => {
      if (Date.now() < at) return void setTimeout(spin, 1);
      document.querySelector<HTMLElement>('.queue .accept')!.click();
      done();
    };
    spin();
  });
}

describe('a dead zone', () => {
  it('in the middle of a request: it is sent again by itself, and the hospital is asked once', async () => {
    const l = await newLink();
    const crew = await crewPage({ at: l.url });
    await crew.page.click('[data-condition=mi]');
    l.freeze(); // the request leaves, and no answer comes
    await crew.page.click('#ask');
    await crew.page.locator('.card[data-state=sending]').nth(2).waitFor();
    await link(crew.page, 'offline', 20_000);
    l.cut();
    l.heal();
    await crew.page.locator('.card[data-state=pending]').nth(2).waitFor({ timeout: 45_000 });
    const { items } = await crew.crew.call('GET', '/reservations');
    assert.equal(items.length, 3);
    assert.equal((await crew.crew.call('GET', '/patient-conditions')).items.length, 1);
    await crew.context.close();
  });

  it('of a console: the ambulance reads that nobody hears there', async () => {
    const crew = await crewPage();
    const [hospital] = (await firstThree(crew.page)) as [string];
    const name = await crew.page.innerText(`.list > .card[data-hospital="${hospital}"] .name`);
    await crew.page.click('#wider'); // where it stands also when others are better by then
    await crew.page.fill('#search', name);
    const card = crew.page.locator(`#wider-sheet .card[data-hospital="${hospital}"]`);
    const l = await newLink();
    const desk = await deskPage(hospital, l.url);
    await card.filter({ hasText: '알림 보임' }).waitFor();
    l.cut();
    await desk.page.waitForSelector('#cut, #deaf', { timeout: 20_000 });
    await card.filter({ hasText: '전화로 요청' }).waitFor({ timeout: 25_000 });
    await desk.close();
    await crew.context.close();
  });
});

it('a bed that moves is marked on the card for a moment, and nothing else moves (R17)', async () => {
  const crew = await crewPage();
  const { page } = crew;
  const shown = await hospitalsIn(page, '');
  const hospital = shown.find((id) => !rooms.has(id))!; // whose number nobody corrected
  await page.evaluate(() => {
    const w = window as unknown as { shifts: number };
    w.shifts = 0;
    new PerformanceObserver((list) => {
      for (const e of list.getEntries()) w.shifts += (e as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift' });
  });
  const number = page.locator(`.card[data-hospital="${hospital}"] .beds .number`);
  const before = parseInt(await number.innerText(), 10);
  const after = before > 1 ? before - 1 : before + 1;
  const marked = page.locator(`.card[data-hospital="${hospital}"] .moved`).waitFor({ timeout: 15_000 });
  await simulate(hospital, { items: { 'er.general': after } });
  await marked;
  await number.filter({ hasText: new RegExp(`^${after}/`) }).waitFor();
  await page.locator('.card .moved').first().waitFor({ state: 'detached' });
  const shifts = await page.evaluate(() => (window as unknown as { shifts: number }).shifts);
  assert.ok(shifts < 0.01, `the layout shifted by ${shifts}`);
  assert.ok((await hospitalsIn(page, '')).includes(hospital));
  await crew.context.close();
});
