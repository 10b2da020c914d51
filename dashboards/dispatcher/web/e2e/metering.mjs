// Drives the views of metering in Chromium against a server whose ledger was
// prepared (internal/devserver): a day with intervals that were substituted,
// estimated, agreed and lost, two days that are missing, findings, balances, gas.
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/metering.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures of the views; none if unset.
import assert from 'node:assert/strict';
import { bare, calendar, nameless, open, play, text, tooWide, url, visit } from './stage.mjs';

const day = await calendar();
const views = {
  get profile() {
    return { at: `/?view=profile&point=p-r-01&day=${day(1)}`, ready: '#quarters tbody tr' };
  },
  completeness: { at: '/?view=completeness', ready: '.heat-field canvas' },
  findings: { at: '/?view=findings', ready: '#findings tbody tr' },
  get balance() {
    return { at: `/?view=balance&day=${day(7)}`, ready: '#course svg .dot' };
  },
  media: { at: '/?view=media', ready: '#media tbody tr' },
};
const query = (page) => page.evaluate(() => Object.fromEntries(new URLSearchParams(location.search)));
const settled = (page, selector) => page.waitForSelector(`${selector}[data-asking=false]`);

const stories = {
  async 'the live page loads nothing of metering until it is asked for'() {
    const page = await open();
    const loaded = () => page.evaluate(() => performance.getEntriesByType('resource').some((r) => r.name.endsWith('/metering.js')));
    assert.equal(await loaded(), false);
    await visit(page, 'completeness');
    await page.waitForSelector('.heat-field canvas');
    assert.equal(await loaded(), true);
    assert.equal(await page.locator('#residents').count(), 0, 'the live page rests while another view is open');
    await page.goBack();
    await page.goBack();
    await page.waitForSelector('#residents tbody tr[data-id]');
    await page.context().close();
  },

  async 'a profile shows what was not measured, and why'() {
    const page = await open(views.profile);
    const count = (grade) => page.locator(`#quarters tr[data-grade=${grade}]`).count();
    assert.deepEqual([await count('S'), await count('E'), await count('N'), await count('F')], [8, 4, 3, 1]);
    for (const [grade, fill] of [['S', 'url(#hatch-S)'], ['E', 'url(#hatch-E)'], ['A', null]]) {
      assert.equal(await page.locator(`#profile path.area[data-grade=${grade}]`).getAttribute('fill'), fill, `pattern of ${grade}`);
    }
    assert.equal(await page.locator('#profile path.area[data-grade=N]').count(), 0, 'what is not known is empty');
    assert.deepEqual(await page.locator('#profile .letters text').allTextContents(), ['F', 'S', 'E', 'N']);
    assert.match(await page.locator('#profile .declared text').textContent(), /заявленная 2\s600/);
    const lost = await page.locator('#quarters tr[data-grade=N]').first().innerText();
    assert.match(lost, /—/, 'no energy is written as none');
    assert.match(lost, /нет данных/);
    const row = page.locator('#quarters tr[data-grade=S]').first();
    assert.match(await row.innerText(), /замещён/);
    assert.match(await row.locator('td.reason').getAttribute('title'), /пропуск 10:00–12:00: 412,6\sкВт·ч по регистру, форма: среднее подобных дней/);
    if (process.env.ASUE_SCREENSHOTS) await page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-profile.png` });
    await page.context().close();
  },

  async 'the bars can be read with the keyboard'() {
    const page = await open(views.profile);
    await page.focus('#profile svg');
    await page.keyboard.press('Home');
    assert.match(await text(page, '#readout'), /00:00–00:15/);
    for (let i = 0; i < 41; i++) await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('#readout').getAttribute('data-grade'), 'S');
    assert.match(await text(page, '#readout'), /10:15–10:30[\s\S]*замещён[\s\S]*412,6\sкВт·ч/);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#versions .history [data-version="2"]');
    await page.context().close();
  },

  async 'an interval tells its versions, and an act its author'() {
    const page = await open(views.profile);
    await page.locator('#quarters tr[data-grade=S] button').first().click();
    await page.waitForSelector('#versions .history [data-version="1"]');
    const versions = await page.locator('#versions .history li').allInnerTexts();
    assert.equal(versions.length, 2);
    assert.match(versions[0], /замещён[\s\S]*по правилам/);
    assert.match(versions[1], /нет данных[\s\S]*по показаниям/);
    assert.ok((await query(page)).at, 'the interval stands in the address');
    await page.locator('#quarters tr[data-grade=F] button').first().click();
    await page.waitForFunction(() => /Сериков/.test(document.querySelector('#versions')?.textContent ?? ''));
    assert.match(await text(page, '#versions'), /по акту: А\. Сериков[\s\S]*акт № 17/);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('#versions'));
    await page.click('#to-findings');
    await page.waitForSelector('#findings tbody tr');
    assert.ok((await page.locator('#findings tbody th').allInnerTexts()).every((x) => x.startsWith('p-r-01')), 'its own findings');
    await page.context().close();
  },

  async 'a month adds up by days, and a day opens'() {
    const page = await open({ ...views.profile, at: `/?view=profile&resident=r-04&span=month&day=${day(2)}`, ready: '#days tbody tr' });
    const row = page.locator(`#days tr[data-day="${day(2)}"]`);
    assert.match(await row.innerText(), /E\s*96/);
    await row.locator('button').click();
    await page.waitForSelector('#quarters tbody tr');
    assert.equal((await query(page)).span, 'day');
    assert.equal(await page.locator('#quarters tr[data-grade=E]').count(), 96);
    assert.match(await text(page, '#demand'), /Максимум, 15 мин[\s\S]*tan φ[\s\S]*0,45/);
    await page.context().close();
  },

  async 'the table can be taken along'() {
    const page = await open(views.profile);
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('#csv')]);
    assert.match(file.suggestedFilename(), /^p-r-01_A-import_\d{4}-\d\d-\d\d\.csv$/);
    const rows = await page.evaluate(async (path) => (await (await fetch(path)).text()).trim().split('\r\n'), await page.locator('#csv').getAttribute('href'));
    assert.equal(rows.length, 97);
    assert.match(rows[41], /;S;S;scaled;gap;/);
    await page.context().close();
  },

  async 'the map of completeness leads to the profile'() {
    const page = await open(views.completeness);
    assert.equal(await page.locator('.heat-names [data-point]').first().getAttribute('data-point'), 'p-r-05', 'the worst stands first');
    await page.focus('.heat-field');
    await page.keyboard.press('End');
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowLeft');
    assert.match(await text(page, '#heat-cell'), /p-r-05[\s\S]*нет интервала 96/);
    assert.match(await text(page, '.heat-field .tip'), /нет интервала 96/);
    const spot = await page.locator('.heat-field .spot').boundingBox();
    if (process.env.ASUE_SCREENSHOTS) await page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-completeness.png` });
    await page.mouse.click(spot.x + spot.width / 2, spot.y + spot.height / 2);
    await page.waitForSelector('#profile');
    const { view, point, day: opened } = await query(page);
    assert.deepEqual([view, point, opened], ['profile', 'p-r-05', day(4)]);
    await page.waitForFunction(() => /ничего нет/.test(document.querySelector('#profile').textContent));
    await page.goBack();
    await page.waitForSelector('.heat-field canvas');
    await page.fill('#find-point', 'gas-1');
    await page.waitForFunction(() => document.querySelectorAll('.heat-names li').length === 1);
    await page.context().close();
  },

  async 'a finding leads to its interval'() {
    const page = await open(views.findings);
    await settled(page, '#findings');
    const before = await page.locator('#findings tbody tr').count();
    await page.check('#cleared');
    await page.waitForFunction((n) => document.querySelectorAll('#findings tbody tr').length > n, before);
    await page.waitForSelector('#findings tr.gone');
    await page.uncheck('#cleared');
    await page.selectOption('#severity', 'alarm');
    await page.waitForFunction((n) => document.querySelectorAll('#findings tbody tr').length < n, before);
    const row = page.locator('#findings tr[data-rule=prolonged]');
    assert.match(await row.innerText(), /▲[\s\S]*тревога[\s\S]*долгое замещение[\s\S]*интервалов 96/);
    if (process.env.ASUE_SCREENSHOTS) await page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-findings.png` });
    await row.locator('a').click();
    await page.waitForSelector('#versions .history li');
    assert.equal((await query(page)).point, 'p-r-04');
    await page.context().close();
  },

  async 'a balance names its suspects'() {
    const page = await open(views.balance);
    await settled(page, '#course');
    assert.ok((await page.locator('#course .dot.beyond').count()) > 3, 'what is beyond has a shape of its own');
    assert.ok((await page.locator('#course .dot.incomplete').count()) > 0);
    assert.match(await text(page, '#nodes tbody tr'), /Ввод 110 кВ[\s\S]*±0,66\s%[\s\S]*в допуске/);
    assert.match(await text(page, '#nodes thead'), /Потери \(модель\)[\s\S]*Не объяснено/);
    assert.match(await text(page, '#culprits'), /p-r-03[\s\S]*потеряна одна из трёх фаз/);
    if (process.env.ASUE_SCREENSHOTS) await page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-balance.png` });
    await page.click('#culprits a');
    await page.waitForSelector('#quarters tbody tr');
    await page.context().close();
  },

  async 'gas and water have volumes and flows, and never watts'() {
    const page = await open(views.media);
    const words = await text(page, '#media');
    assert.match(words, /м³\/ч[\s\S]*от лимита 20\s000\sм³\/ч/);
    assert.doesNotMatch(words, /Вт/);
    assert.match(await text(page, '#media [data-medium=sewage]'), /—[\s\S]*Точек учёта нет/);
    if (process.env.ASUE_SCREENSHOTS) await page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-media.png` });
    await page.click('#media [data-point=gas-1] a');
    await page.waitForSelector('#profile');
    await page.goto(`${url}/?view=profile&point=gas-1&day=${day(1)}`); // today has nothing in its first quarter of an hour
    await page.waitForSelector('#quarters tbody tr');
    assert.match(await text(page, '#books'), /м³\/ч/);
    assert.doesNotMatch(await page.evaluate(() => document.querySelector('#profile').innerText + document.querySelector('#quarters').innerText), /Вт/);
    await page.context().close();
  },

  async 'three languages in every view, no missing message'() {
    for (const [name, view] of Object.entries(views)) {
      const titles = new Set();
      for (const lang of ['ru', 'kk', 'en']) {
        const page = await open({ ...view, lang });
        titles.add(await text(page, '#nav [aria-current=page], #tabs [aria-current=page]'));
        assert.deepEqual(await bare(page), [], `${name} in ${lang}`);
        await page.context().close();
      }
      assert.ok(titles.size >= (name === 'profile' ? 2 : 3), `${name} is called ${[...titles]}`);
    }
  },

  async 'every view fits a phone, and has a name for everything'() {
    for (const [name, view] of Object.entries(views)) {
      const page = await open({ ...view, viewport: { width: 360, height: 740 }, theme: 'dark' });
      assert.equal(await tooWide(page), 0, `${name} is wider than a phone`);
      assert.deepEqual(await nameless(page), [], name);
      await page.context().close();
    }
  },
};

await play(stories);
