// Drives the view of reports in Chromium over the invented zone (internal/devserver).
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/reports.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { bare, faint, nameless, open, play, text, tooWide, url } from './stage.mjs';

const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png` });
const password = 'трое в лодке'; // of all persons of the invented zone

/** sit opens the view for a viewer. */
const sit = (options = {}) =>
  open({ at: '/?view=reports' + (options.chosen ?? ''), ready: '#report-open, #reports .empty', ...options, prepare: async (p) => {
    assert.equal((await p.request.post(`${url}/api/v1/login`, { data: { name: 'viewer', password } })).status(), 200, 'the viewer cannot sign in');
  } });

const stories = {
  async 'yesterday is a click away: the sheet opens in a tab of its own, ready to print'() {
    const page = await sit();
    assert.match(await text(page, '[aria-pressed=true][data-kind]'), /Суточная ведомость/);
    const [sheet] = await Promise.all([page.waitForEvent('popup'), page.click('#report-open')]);
    await sheet.waitForSelector('table');
    assert.match(await sheet.locator('h1').innerText(), /Суточная ведомость/);
    assert.match(await sheet.locator('body').innerText(), /ДЕМО — данные вымышлены[\s\S]*23:00–24:00/);
    const day = await page.inputValue('#report-day');
    assert.ok((await sheet.locator('.subtitle').innerText()).startsWith(day.split('-').reverse().join('.')), 'another day than was chosen');
    await page.context().close();
  },

  async 'a month of peaks is chosen, kept in the address, and taken along in Kazakh'() {
    const page = await sit();
    await page.click('[data-kind=peaks]');
    await page.click('[data-span=month]');
    await page.fill('#report-month', '2026-10');
    await page.selectOption('#report-block', '60m');
    await page.selectOption('#report-lang', 'kk');
    const asked = new URL(await page.locator('#report-csv').getAttribute('href'), url);
    assert.deepEqual(Object.fromEntries(asked.searchParams), { from: '2026-10-01', to: '2026-11-01', block: '60m', lang: 'kk', format: 'csv' });
    assert.equal(asked.pathname, '/api/v1/reports/peaks');
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('#report-csv')]);
    assert.match(await readFile(await file.path(), 'utf8'), /^\ufeffКүні;Уақыты;[\s\S]*31\.10\.2026;23:00–24:00;250\r\n/);
    await page.reload();
    await page.waitForSelector('#report-month');
    assert.equal(await page.inputValue('#report-month'), '2026-10', 'the choice is not in the address');
    await page.click('[data-kind=daily]');
    assert.equal(await page.locator('[data-span]').count(), 0, 'a daily sheet of a month is offered');
    await page.context().close();
  },

  async 'what is not over says so, and what has not begun is not offered'() {
    const page = await sit();
    assert.equal(await page.locator('#report-running').count(), 0);
    const today = await page.getAttribute('#report-day', 'max');
    await page.fill('#report-day', today);
    await page.waitForSelector('#report-running');
    await page.context().close();
    const later = await sit({ chosen: '&day=2199-01-01' });
    assert.equal(await later.locator('#report-open').count(), 0);
    await later.context().close();
  },

  async 'three languages, both themes, a phone, a keyboard'() {
    for (const [lang, theme] of [['ru', 'light'], ['kk', 'dark'], ['en', 'light']]) {
      const page = await sit({ lang, theme, chosen: '&kind=profile' });
      assert.deepEqual(await bare(page), [], `untranslated in ${lang}`);
      assert.deepEqual(await nameless(page), []);
      assert.deepEqual(await faint(page, '#reports'), [], `faint in ${theme}`);
      await shot(page, `reports-${lang}-${theme}`);
      await page.context().close();
    }
    const phone = await sit({ viewport: { width: 360, height: 740 }, chosen: '&kind=peaks&span=month' });
    assert.equal(await tooWide(phone), 0, 'the view is wider than the phone');
    await phone.context().close();
  },
};

await play(stories);
