// Drives a wall screen in Chromium over the invented zone (internal/devserver -shut, where
// nobody may look without signing in). /dev/wall gives the screen another key.
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/kiosk.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { bare, faint, open, play, scissors, text, tooWide, url } from './stage.mjs';

const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png` });
const key = async () => (await fetch(`${url}/dev/wall`, { method: 'POST' })).text();
const say = (kind, about, on) => fetch(`${url}/dev/alarm?kind=${kind}&about=${about}&on=${on}`, { method: 'POST' });
const ready = '#residents tbody tr[data-id]';

/** hang opens a wall screen with a key. */
const hang = async (options = {}) => {
  const page = await open({ at: '/?kiosk=1#' + (options.key ?? (await key())), ready, viewport: { width: 1920, height: 1080 }, theme: 'dark', ...options });
  await page.locator('#diagram svg.net').waitFor();
  await page.locator('#trend canvas').waitFor();
  return page;
};

const stories = {
  async 'a screen without a key says what it lacks, and shows no form'() {
    const page = await open({ at: '/?kiosk=1', ready: '#wall-trouble' });
    await page.locator('#wall-trouble', { hasText: 'asue user wall' }).waitFor();
    assert.equal(await page.locator('input, button, form').count(), 0, 'it asks for something');
    await page.goto(url + '/?kiosk=1#wall-1.wrong');
    await page.locator('#wall-trouble', { hasText: 'не принят' }).waitFor();
    assert.doesNotMatch(page.url(), /wrong/, 'the key stays in the address');
    await page.context().close();
  },

  async 'a key lets it in once and for all, and is nowhere to be read'() {
    const given = await key();
    const page = await hang({ key: given });
    assert.equal(page.url(), url + '/?kiosk=1');
    const secret = given.split('.').at(-1);
    const left = await page.evaluate(() => JSON.stringify([document.cookie, Object.entries(localStorage), Object.entries(sessionStorage), performance.getEntries().map((e) => e.name), document.documentElement.outerHTML]));
    assert.ok(!left.includes(secret), 'the key is left in the page');
    const asked = await page.evaluate(() => history.length);
    assert.ok(asked <= 3, 'the key is in the history');
    await page.reload();
    await page.locator(ready).first().waitFor();
    const clock = await text(page, '#clock');
    await page.locator('#clock', { hasNotText: clock }).waitFor();
    assert.match(await text(page, '#updated'), /^обновлено \d\d:\d\d:\d\d$/);
    await page.context().close();
  },

  async 'there is nothing to press, and it may do nothing'() {
    const page = await hang();
    await page.locator('#strip [data-alarm]').first().waitFor();
    assert.equal(await page.locator('button, input, select, a, form, dialog').count(), 0, 'controls on the wall');
    await page.keyboard.press('?');
    await page.keyboard.press('Alt+Digit2');
    assert.equal(await page.locator('#help').count(), 0);
    assert.equal(page.url(), url + '/?kiosk=1', 'a key leads away from it');
    for (const [path, data] of [['scenarios', { id: 'morning-peak' }], ['alarms/acts', { act: 'begin-shift' }], ['me/password', { password: 'x', next: 'y' }]]) {
      assert.equal((await page.request.post(`${url}/api/v1/${path}`, { data })).status(), 403, path);
    }
    await page.context().close();
  },

  async 'all of it stands on screens of many sizes, in three languages'() {
    for (const [width, height, lang, theme] of [[1366, 768, 'kk', 'light'], [1920, 1080, 'ru', 'dark'], [1920, 1080, 'en', 'light'], [3840, 2160, 'kk', 'dark']]) {
      const page = await hang({ viewport: { width, height }, lang, theme });
      await page.locator('#strip [data-alarm]').first().waitFor();
      assert.equal(await tooWide(page), 0);
      const out = await page.locator('#limit, #diagram, #residents, #trend, #strip, #clock, #residents tbody tr').evaluateAll((l) => l.filter((e) => {
        const r = e.getBoundingClientRect();
        return r.bottom > innerHeight + 1 || r.right > innerWidth + 1 || r.height < 12;
      }).map((e) => e.outerHTML.slice(0, 60)));
      assert.deepEqual(out, [], `beyond a screen of ${width}×${height}`);
      const cut = await page.locator('#residents thead th, #residents td, .figure .value, #updated, #clock').evaluateAll((l) => l.filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).map((e) => e.innerText));
      assert.deepEqual(cut, [], `cut off at ${width}×${height} in ${lang}`);
      const large = await page.locator('#figure-power b').evaluate((e) => parseFloat(getComputedStyle(e).fontSize) / innerHeight);
      assert.ok(large > 0.07, `the power is ${large.toFixed(3)} of the screen's height`);
      assert.deepEqual(await bare(page), [], lang);
      for (const root of ['.top', '#limit', '#residents', '#strip']) assert.deepEqual(await faint(page, root), [], `too little contrast in ${theme}`);
      await shot(page, `kiosk-${width}-${lang}-${theme}`);
      await page.context().close();
    }
  },

  async 'an alarm stands on it at once, and a lost connection is said in large letters'() {
    const page = await hang({ prepare: scissors });
    await say('source-lost', 'zone', true);
    const alarm = page.locator('#strip [data-alarm="source-lost/zone"]');
    await alarm.waitFor();
    assert.match(await alarm.innerText(), /▲А[\s\S]*Потеряна питающая линия[\s\S]*не квитирована/);
    await say('source-lost', 'zone', false);
    await page.evaluate(() => (window.cut = true));
    await page.locator('#updated', { hasText: 'нет связи с сервером 00:' }).waitFor();
    const alive = await page.locator('#figure-power, #clock, #diagram .net-field, #residents td.power').evaluateAll((l) => l.filter((e) => Number(getComputedStyle(e).opacity) > 0.6).length);
    assert.equal(alive, 0, 'a number still looks alive');
    await page.evaluate(() => (window.cut = false));
    await page.locator('#updated', { hasText: 'обновлено' }).waitFor();
    await page.context().close();
  },

  async 'another key shuts the screen within seconds, and lets it in again'() {
    const page = await hang();
    const next = await key();
    await page.locator('#wall-trouble').waitFor();
    assert.equal(await page.locator('#limit').count(), 0, 'numbers are still on the wall');
    await page.goto(`${url}/?kiosk=1#${next}`);
    await page.locator(ready).first().waitFor();
    await page.context().close();
  },
};

await play(stories);
