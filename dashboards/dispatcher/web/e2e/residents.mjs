// Drives the list of residents and the page of one resident in Chromium over the invented zone
// (internal/devserver).
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/residents.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { bare, calendar, faint, nameless, open, play, text, tooWide, url } from './stage.mjs';

const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png`, fullPage: true });
const password = 'трое в лодке'; // of all persons of the invented zone

const listed = { at: '/?view=residents', ready: '#resident-list tbody tr[data-id]' };
/** sit opens the view for a person, or for somebody who has not signed in. */
const sit = (at, ready, { name, ...options } = {}) =>
  open({ at, ready, ...options, prepare: async (p) => {
    if (name) assert.equal((await p.request.post(`${url}/api/v1/login`, { data: { name, password } })).status(), 200, `${name} cannot sign in`);
  } });

const ids = (page) => page.locator('#resident-list tbody tr').evaluateAll((rows) => rows.map((r) => r.dataset.id));
const number = (s) => Number(s.replace(/[^\d,-]/g, '').replace(',', '.'));

const stories = {
  async 'the list stands still until it is asked to be sorted, and says how old and how good each number is'() {
    const page = await open(listed);
    const before = await ids(page);
    await page.waitForSelector('#figures-at');
    const load = page.locator('#resident-list tbody tr .power').first();
    const first = await load.innerText();
    await page.locator('#resident-list .power').first().evaluate((e) => new Promise((done) => new MutationObserver(done).observe(e, { childList: true, characterData: true, subtree: true })));
    assert.notEqual(await load.innerText(), first, 'the load stands still');
    assert.deepEqual(await ids(page), before, 'rows move by themselves');
    await page.click('[data-sort=power]');
    assert.equal(await page.getAttribute('#resident-list th:has([data-sort=power])', 'aria-sort'), 'descending');
    const powers = (await page.locator('#resident-list .power').allInnerTexts()).filter((s) => /\d/.test(s)).map(number);
    assert.ok(powers.length > 20 && powers.every((p, i) => i === 0 || p <= powers[i - 1] * 1.2), `not sorted: ${powers}`);
    await page.click('[data-sort=highest]');
    await page.click('[data-sort=highest]');
    assert.equal(await page.getAttribute('#resident-list th:has([data-sort=highest])', 'aria-sort'), 'ascending');
    assert.match(await text(page, '#resident-list tbody tr:not([data-freshness=silent]) .age'), /\d+\s(с|мин)/);
    await page.context().close();
  },

  async 'it is filtered, and taken along with the quality of every number'() {
    const page = await sit(listed.at, listed.ready, { name: 'viewer' });
    const all = (await ids(page)).length;
    await page.selectOption('#resident-kind', 'idle');
    await page.locator('#resident-list .count', { hasNotText: String(all) }).waitFor();
    assert.ok((await page.locator('#resident-list tbody tr .state').allInnerTexts()).every((s) => s === 'простаивает'));
    assert.match(new URL(page.url()).search, /show=idle/);
    await page.selectOption('#resident-kind', '');
    await page.fill('#find-resident', 'керамика');
    assert.ok((await ids(page)).length < all && (await page.locator('#resident-list tbody th').allInnerTexts()).every((s) => /Керамика/.test(s)));
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('#residents-csv')]);
    const lines = (await readFile(await file.path(), 'utf8')).split('\r\n');
    assert.match(lines[0], /^\ufeffat_utc;resident;name;[\s\S]*quality;freshness;[\s\S]*month_max_w/);
    assert.equal(lines.length, all + 2, 'another number of residents in the file');
    await page.context().close();
  },

  async 'one resident: now, the day against what is declared, terms, meters, balance, alarms, findings'() {
    await fetch(`${url}/dev/alarm?kind=meter-silent&about=m-p-r-01&on=true`, { method: 'POST' });
    const page = await sit(listed.at, listed.ready, { name: 'engineer' });
    await page.click('#resident-list tr[data-id=r-01] a');
    await page.waitForSelector('#readout');
    assert.match(await text(page, '#now'), /Керамика-1[\s\S]*назад · хорошее[\s\S]*Сейчас[\s\S]*\d[\s\S]*Техусловия[\s\S]*P ср\. 15 мин[\s\S]*Максимум месяца/);
    await page.waitForSelector('#feeders [data-point=p-r-01]');
    assert.match(await text(page, '#feeders [data-point=p-r-01]'), /кВт[\s\S]*\d\s*с[\s\S]*хорошее/);
    assert.match(await page.locator('#profile svg .declared:not(#allowed)').textContent(), /\d/, 'no line of what is declared');
    assert.match(await page.locator('#allowed').textContent(), /можно сейчас/, 'no line of what may be drawn now');
    await page.waitForSelector('#terms [data-condition], #terms .empty');
    await page.waitForSelector('#resident-meters [data-meter=m-p-r-01]');
    assert.match(await text(page, '#resident-meters [data-meter=m-p-r-01]'), /eastron-sdm630[\s\S]*хорошее/);
    await page.waitForSelector('#share dl');
    assert.match(await text(page, '#share'), /Энергия за период[\s\S]*кВт·ч|МВт·ч/);
    await page.waitForSelector('#resident-alarms [data-alarm="meter-silent/m-p-r-01"]');
    await page.waitForSelector('#resident-findings li');
    await page.waitForSelector('#demand');
    // The arrows of the keyboard walk the bars. Today may have none yet.
    await page.goto(`${page.url()}&day=${(await calendar())(1)}`);
    await page.waitForSelector('#quarters tbody tr');
    await page.focus('#profile svg');
    await page.keyboard.press('Home');
    assert.match(await text(page, '#readout'), /00:00–00:15/);
    await page.click('[data-span=week]');
    await page.waitForSelector('#profile .areas, #profile .area');
    assert.match(new URL(page.url()).search, /id=r-01.*span=week|span=week.*id=r-01/);
    const before = await text(page, '#now-power');
    await page.selectOption('#resident', 'r-02');
    await page.locator('#now-title', { hasText: 'ЦОД-1' }).waitFor();
    assert.notEqual(await text(page, '#now-power'), before);
    await page.goBack();
    await page.locator('#now-title', { hasText: 'Керамика-1' }).waitFor();
    await fetch(`${url}/dev/alarm?kind=meter-silent&about=m-p-r-01&on=false`, { method: 'POST' });
    await page.context().close();
  },

  async 'a condition leads to its use over a year; who is not known is not shown as another'() {
    const page = await sit('/?view=resident&id=nobody', 'main [role=alert]');
    assert.match(await text(page, 'main'), /Резидента nobody нет/);
    await page.goto(url + '/?view=resident&id=r-01');
    await page.waitForSelector('#terms tbody tr');
    const open = page.locator('#terms a').first();
    if (await open.count()) {
      await open.click();
      await page.waitForSelector('.capacity');
      assert.match(new URL(page.url()).search, /view=capacity.*resident=r-01|resident=r-01.*view=capacity/);
    }
    await page.context().close();
  },

  async 'three languages, both themes, a phone'() {
    for (const [lang, theme] of [['ru', 'light'], ['kk', 'dark'], ['en', 'light']]) {
      const page = await sit(listed.at, listed.ready, { lang, theme });
      await page.waitForSelector('#figures-at');
      for (const where of ['list', 'one']) {
        if (where === 'one') {
          await page.click('#resident-list tr[data-id=r-04] a');
          for (const id of ['readout', 'feeders tbody tr', 'resident-meters tbody tr', 'terms tbody tr', 'demand', 'share dl', 'resident-findings ul']) await page.waitForSelector('#' + id);
        }
        assert.deepEqual(await bare(page), [], `untranslated in ${lang}, ${where}`);
        assert.deepEqual(await nameless(page), [], where);
        assert.deepEqual(await faint(page, 'main.books'), [], `faint in ${theme}, ${where}`);
        await shot(page, `resident-${where}-${lang}-${theme}`);
      }
      await page.context().close();
    }
    for (const [at, ready] of [[listed.at, listed.ready], ['/?view=resident&id=r-01', '#resident-meters tbody tr']]) {
      const phone = await sit(at, ready, { viewport: { width: 360, height: 740 } });
      assert.equal(await tooWide(phone), 0, `wider than the phone: ${at}`);
      await shot(phone, `resident-phone-${at.includes('id=') ? 'one' : 'list'}`);
      await phone.context().close();
    }
  },
};

await play(stories);
