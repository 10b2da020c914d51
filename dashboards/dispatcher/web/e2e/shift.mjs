// Drives the page of the shift in Chromium, and what stands around every view, over the
// invented zone (internal/devserver):
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/shift.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { bare, faint, nameless, open, play, scissors, text, tooWide, url, visit } from './stage.mjs';

const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png` });
const password = 'трое в лодке'; // of all persons of the invented zone

/** sit opens the page of the shift for a person and waits until all of it has come. */
const sit = async (name, options = {}) => {
  const page = await open({ ...options, prepare: async (p) => {
    await options.prepare?.(p);
    if (name) assert.equal((await p.request.post(`${url}/api/v1/login`, { data: { name, password } })).status(), 200, `${name} cannot sign in`);
  } });
  await page.locator('#diagram svg.net').waitFor();
  await page.locator('#trend canvas').waitFor();
  await page.locator('#strip [data-alarm]').first().waitFor();
  return page;
};

/** say tells the zone that something is so, or no longer. */
const say = (kind, about, on) => fetch(`${url}/dev/alarm?kind=${kind}&about=${about}&on=${on}`, { method: 'POST' });
const item = (id) => `#strip [data-alarm="${id}"]`;
const order = (page) => page.locator('#strip [data-alarm]').evaluateAll((l) => l.map((e) => e.dataset.alarm));
const focused = (page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.closest('[data-alarm]')?.dataset.alarm || document.activeElement?.tagName);
/** key presses a place of the keyboard whose letter is that of another layout. */
const key = (page, code, printed, more = {}) => page.evaluate((k) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...k })), { code, key: printed, ...more });
const pages = ['shift', 'alarms', 'residents', 'capacity', 'balances', 'log', 'reports', 'system'];
const current = (page) => page.locator('#nav [aria-current]').getAttribute('data-page');

/** clear ends what a story has begun, and answers it; what was answered before is gone with its end. */
async function clear(page, ...ids) {
  for (const id of ids) await say(...id.split('/'), false);
  for (const id of ids) {
    const said = await page.request.post(`${url}/api/v1/alarms/acts`, { data: { act: 'acknowledge', alarm: id } });
    assert.ok([200, 404].includes(said.status()), `${id}: ${await said.text()}`);
  }
}

const stories = {
  async 'all that counts is seen at once on a panel of 1366 by 768, in three languages, by day and night'() {
    for (const lang of ['ru', 'kk', 'en']) {
      for (const theme of ['light', 'dark']) {
        const page = await sit('dispatcher-1', { lang, theme });
        assert.equal(await tooWide(page), 0, `wider than the panel in ${lang}`);
        const hidden = await page.evaluate(() => {
          const whole = (e) => {
            const r = e.getBoundingClientRect();
            return r.width > 0 && r.left >= 0 && r.right <= innerWidth && r.top >= 0 && r.bottom <= innerHeight;
          };
          const rows = [...document.querySelectorAll('#residents tbody tr')].slice(0, 6);
          return [...document.querySelectorAll('#limit, #diagram, #trend, #notices, #strip, #alarm-bar, #ready, #stop, #nav a, #tabs a, #keys, #clock, #diagram .net'), ...rows]
            .filter((e) => !whole(e)).map((e) => e.outerHTML.slice(0, 60));
        });
        assert.deepEqual(hidden, [], `not to be seen in ${lang}`);
        const cut = await page.locator('#residents thead th, #residents td.quality, #residents td.age, #strip .button, #tabs a, #nav a').evaluateAll((l) => l.filter((e) => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1)).map((e) => e.innerText));
        assert.deepEqual(cut, [], `cut off in ${lang}`);
        const sideways = await page.locator('#residents .scroll').evaluate((e) => e.scrollWidth - e.clientWidth);
        assert.ok(sideways <= 0, `the table of residents is ${sideways} px too wide in ${lang}`);
        const rows = await page.evaluate(() => ['.nav-row', '.sub-row', '.top'].map((s) => document.querySelector(s).getBoundingClientRect().height));
        assert.ok(rows.every((h) => h < 48), `a row of the head is broken in two in ${lang}: ${rows}`);
        assert.deepEqual(await bare(page), [], `untranslated in ${lang}`);
        assert.deepEqual(await nameless(page), [], `without a name in ${lang}`);
        for (const root of ['.top', '.nav-row', '.sub-row', '#limit', '#residents', '#strip', '#diagram .head', '#trend .head']) assert.deepEqual(await faint(page, root), [], `too little contrast in ${theme}`);
        await shot(page, `shift-${lang}-${theme}`);
        await page.context().close();
      }
    }
  },

  async 'every number has its age and its quality'() {
    const page = await sit('');
    assert.match(await text(page, '#limit .big .note'), /^✓ вводы 110 кВ · расчёт \d+\sс назад$/);
    assert.match(await text(page, '#feeding'), /питание: ВЛ-110 «Каратагай»/);
    assert.match(await text(page, '#diagram-at'), /^\d\d:\d\d:\d\d$/);
    assert.match(await text(page, '#trend-quality'), /^\d\d:\d\d · \d+\s%$/);
    const residents = await page.locator('#residents tbody tr[data-id]').evaluateAll((l) => l.map((r) => [r.querySelector('.age').innerText, r.querySelector('.quality').innerText]));
    for (const [age, quality] of residents) {
      assert.match(age, /^(\d+\s\S+|—)$/);
      assert.match(quality, /^[✓?◔✕◑–] \S/);
    }
    for (const age of await page.locator('#strip .strip-age').allInnerTexts()) assert.match(age, /^\d+\s\S+$/);
    await page.context().close();
  },

  async 'eight pages by key in any layout, their views by tab, and every old address still leads there'() {
    const page = await sit('dispatcher-1');
    const there = await page.locator('#nav [data-page]').evaluateAll((l) => l.map((e) => e.dataset.page));
    assert.deepEqual(there, pages.filter((p) => there.includes(p)), 'not in their order');
    for (const p of [...there].reverse()) {
      await page.keyboard.press(`Alt+Digit${pages.indexOf(p) + 1}`);
      await page.locator(`#nav [data-page=${p}][aria-current]`).waitFor();
    }
    await key(page, 'Digit2', 'ә', { altKey: true }); // as a Kazakh keyboard has it
    await page.locator('#nav [data-page=alarms][aria-current]').waitFor();
    const old = { '': 'shift', alarms: 'alarms', log: 'log', control: 'shift', network: 'shift', capacity: 'capacity', profile: 'residents', completeness: 'balances', findings: 'balances', balance: 'balances', media: 'balances', reports: 'reports' };
    for (const [view, p] of Object.entries(old)) {
      await page.goto(url + (view && '/?view=' + view));
      await page.locator(`#nav [data-page=${p}][aria-current]`).waitFor();
      if (await page.locator('#tabs').count()) assert.equal(await page.locator('#tabs [aria-current]').getAttribute('data-view'), view || 'shift');
      else assert.equal(await page.locator('#nav [aria-current]').getAttribute('data-view'), view, 'a page of several views without tabs');
    }
    await visit(page, 'findings');
    await page.locator('#findings').waitFor();
    assert.match(page.url(), /view=findings/);
    await page.goBack();
    await page.goBack();
    assert.equal(await current(page), 'reports', 'the browser does not go back');
    await page.context().close();
  },

  async 'keys: the filter, the list of keys, and a switch for those that are pressed alone'() {
    const page = await sit('dispatcher-1');
    await page.keyboard.press('/');
    assert.equal(await focused(page), 'filter');
    await page.keyboard.type('a/?b');
    assert.equal(await page.inputValue('#filter'), 'a/?b', 'a key is taken away from who writes');
    await page.fill('#filter', '');
    await page.locator('#filter').blur();
    await key(page, 'Slash', '.'); // the same place of a Russian keyboard
    assert.equal(await focused(page), 'filter');
    await page.locator('#filter').blur();
    await page.keyboard.press('?');
    await page.locator('#help[open]').waitFor();
    assert.match(await text(page, '#help'), /Alt\+1 … Alt\+8[\s\S]*Alt\+K[\s\S]*Alt\+M[\s\S]*Esc/);
    assert.deepEqual(await nameless(page), []);
    assert.deepEqual(await faint(page, '#help'), []);
    await page.keyboard.press('Alt+Digit2');
    assert.equal(await current(page), 'shift', 'the page changes behind the dialog');
    await shot(page, 'help');
    await page.uncheck('#help-single');
    await page.keyboard.press('Escape');
    await page.locator('#help').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.keyboard.press('/');
    assert.equal(await page.locator('#help').count(), 0, 'it opens though it is switched off');
    assert.notEqual(await focused(page), 'filter');
    await page.reload();
    await page.locator('#residents tbody tr[data-id]').first().waitFor();
    await page.keyboard.press('/');
    assert.notEqual(await focused(page), 'filter', 'the switch is forgotten');
    await page.click('#keys'); // the way there that is always left
    await page.check('#help-single');
    await page.click('#help-close');
    await page.locator('#help').waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    assert.equal(await focused(page), 'filter');
    await page.context().close();
  },

  async 'Alt+K shows first what it answers, and Alt+M is silence'() {
    const page = await sit('dispatcher-1');
    await say('source-lost', 'zone', true);
    await page.locator(`${item('source-lost/zone')}[data-state=unacknowledged]`).waitFor();
    await page.click('#alarm-sound');
    await page.locator('#alarm-silence').waitFor();
    await key(page, 'KeyM', 'ь', { altKey: true });
    await page.locator('#alarm-silence').waitFor({ state: 'detached' });
    await page.locator('#clock').click(); // the pointer and the focus are elsewhere
    await key(page, 'KeyK', 'л', { altKey: true });
    assert.equal(await focused(page), 'source-lost/zone');
    assert.equal(await page.locator(item('source-lost/zone')).getAttribute('data-state'), 'unacknowledged', 'answered unseen');
    await page.keyboard.press('Alt+KeyK');
    await page.locator(`${item('source-lost/zone')}[data-state=acknowledged]`).waitFor();
    assert.equal(await page.locator(`${item('source-lost/zone')} button`).count(), 0);
    await say('source-lost', 'zone', false);
    await page.context().close();
  },

  async 'no alarm comes under the pointer: what is new is counted, and shown when it is asked for'() {
    const page = await sit('dispatcher-1');
    const height = (await page.locator('#strip').boundingBox()).height;
    await page.locator('#strip [data-alarm]').first().hover();
    const before = await order(page);
    await say('source-lost', 'zone', true);
    await say('nothing-left', 'zone', true);
    await page.locator('#strip-fresh').waitFor();
    await page.locator('#strip-fresh', { hasText: '2' }).waitFor();
    assert.deepEqual(await order(page), before, 'a row has moved under the pointer');
    await shot(page, 'strip-held');
    await page.click('#strip-fresh');
    await page.locator(item('source-lost/zone')).waitFor();
    assert.deepEqual((await order(page)).slice(0, 2).sort(), ['nothing-left/zone', 'source-lost/zone'], 'what is most urgent does not stand first');
    const first = page.locator(item('source-lost/zone'));
    assert.match((await first.innerText()).replaceAll('\n', ' '), /^▲А .*\d\d:\d\d .*Потеряна питающая линия/);
    await first.locator('[data-act=acknowledge]').click();
    await page.locator(`${item('source-lost/zone')}[data-state=acknowledged]`).waitFor();
    assert.equal((await order(page)).indexOf('source-lost/zone') < 2, true, 'the answered row has gone from under the pointer');
    for (const n of [1, 2, 3, 4]) await say('node-overload', `t-${n}`, true);
    await page.mouse.move(5, 5);
    await page.locator(item('node-overload/t-4')).waitFor();
    await page.locator('#strip-fresh').waitFor({ state: 'detached' });
    assert.equal((await page.locator('#strip').boundingBox()).height, height, 'the strip has changed its height');
    await clear(page, 'source-lost/zone', 'nothing-left/zone', 'node-overload/t-1', 'node-overload/t-2', 'node-overload/t-3', 'node-overload/t-4');
    await page.context().close();
  },

  async 'the small diagram shows all of the network and leads to the large one'() {
    const page = await sit('dispatcher-1');
    const cut = await page.evaluate(() => {
      const field = document.querySelector('#diagram .net-field').getBoundingClientRect();
      return [...document.querySelectorAll('#diagram .net text')].filter((e) => {
        const r = e.getBoundingClientRect();
        return r.width && (r.left < field.left - 1 || r.right > field.right + 1 || r.bottom > field.bottom + 1);
      }).map((e) => e.textContent);
    });
    assert.deepEqual(cut, [], 'names reach beyond the picture');
    assert.match(await page.locator('#diagram .net').getAttribute('aria-label'), /питает Каратагай/);
    await page.click('#diagram-title a');
    await page.locator('#net-live svg.net').waitFor();
    assert.equal(await current(page), 'shift');
    await page.context().close();
  },

  async 'without a connection nothing on it looks alive'() {
    const page = await sit('', { prepare: scissors });
    await page.evaluate(() => (window.cut = true));
    await page.locator(':root[data-link=lost]').waitFor();
    for (const s of ['#diagram .net-field', '#residents td.power', '#figure-power', '#trend .plot', '#strip .strip-age']) {
      const opacity = await page.locator(s).first().evaluate((e) => Number(getComputedStyle(e).opacity));
      assert.ok(opacity < 0.6, `${s} still looks alive`);
    }
    await page.context().close();
  },

  async 'a language is spoken when all of it has come: until then the page speaks the one before'() {
    const page = await sit('');
    await page.route('**/i18n/*.kk.json', (r) => r.abort());
    await Promise.all([page.waitForEvent('requestfailed'), page.click('[data-lang=kk]')]);
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'ru');
    assert.deepEqual(await bare(page), []);
    await page.unroute('**/i18n/*.kk.json');
    await page.click('[data-lang=kk]');
    await page.waitForFunction(() => document.documentElement.lang === 'kk');
    assert.deepEqual(await bare(page), []);
    await page.click('#keys'); // a part that comes now speaks it too
    await page.waitForSelector('dialog[open]');
    assert.deepEqual(await bare(page), []);
    await page.context().close();
  },

  async 'a phone has cards, alarms before them, and no sideways scrolling'() {
    for (const lang of ['ru', 'kk', 'en']) {
      const page = await sit('dispatcher-1', { lang, viewport: { width: 360, height: 740 } });
      assert.equal(await tooWide(page), 0, `wider than a phone in ${lang}`);
      const top = (s) => page.locator(s).first().evaluate((e) => e.getBoundingClientRect().top);
      const tops = [await top('#limit'), await top('#strip'), await top('#residents'), await top('#trend'), await top('#diagram')];
      assert.deepEqual(tops, [...tops].sort((a, b) => a - b), 'not stacked in order');
      const [name, quality] = [page.locator('#residents tbody th').first(), page.locator('#residents tbody .quality').first()];
      assert.ok((await quality.boundingBox()).y > (await name.boundingBox()).y, 'residents are no cards');
      const out = await page.locator('#nav a, #tabs a, .top button, #strip .button').evaluateAll((l) => l.filter((e) => e.getBoundingClientRect().right > innerWidth || e.getBoundingClientRect().height < 24).map((e) => e.innerText));
      assert.deepEqual(out, [], `out of reach in ${lang}`);
      await shot(page, `shift-phone-${lang}`);
      await page.context().close();
    }
  },
};

await play(stories);
