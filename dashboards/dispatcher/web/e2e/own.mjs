// Drives the page of residents in Chromium over the invented zone (internal/devserver).
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/own.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { bare, faint, nameless, open, play, text, tooWide, url } from './stage.mjs';

const phone = { width: 360, height: 740 };
const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/own-${name}.png`, fullPage: true });

async function dev(path, form) {
  const answer = await fetch(url + '/dev/' + path, { method: 'POST', body: new URLSearchParams(form) });
  assert.equal(answer.status, 200);
  return answer.text();
}
const token = (resident = 'r-01') => dev('token', { resident, name: 'энергетик' });
/** visit opens the page with a token behind #. */
const visit = async (key, options = {}) => open({ at: '/own#' + key, ready: '#own-power', viewport: phone, ...options });

const stories = {
  async 'a token behind # opens the page, leaves the address, and goes into no script'() {
    const key = await token();
    const asked = [];
    const page = await visit(key, { prepare: async (p) => p.on('request', (r) => asked.push(r.url())) });
    assert.equal(new URL(page.url()).hash, '', 'the token stays in the address');
    assert.ok(asked.length > 5 && !asked.some((u) => u.includes('asue-own-')), 'the token stands in an address that was asked for');
    assert.ok(!(await page.evaluate(() => document.cookie + JSON.stringify(localStorage) + document.documentElement.outerHTML)).includes(key.slice(25)));
    const [cookie] = await page.context().cookies(url + '/api/v1/own/now');
    assert.ok(cookie.httpOnly && cookie.sameSite === 'Strict' && cookie.path === '/api/v1/own', JSON.stringify(cookie));
    assert.match(await text(page, 'h1'), /Керамика-1/);
    assert.match(await text(page, '#own-power'), /^[\d\s ,]+$/);
    await page.locator('.own-trust', { hasText: /назад · хорошее/ }).first().waitFor();
    await page.locator('#own-day-sum', { hasText: /Сегодня .* кВт·ч/ }).waitFor();
    await page.locator('#own-month-energy', { hasText: /\d/ }).waitFor();
    assert.ok(!/ЦОД|Пластик|r-02|p-r-02/.test(await text(page, 'body')), 'a neighbour stands on the page');
    await page.reload();
    await page.waitForSelector('#own-power');
    await page.click('#own-leave');
    await page.waitForSelector('#own-token');
    assert.equal((await page.context().cookies(url + '/api/v1/own/now')).length, 0);
    await page.context().close();
  },

  async 'the form takes a token too, and says why it does not'() {
    const page = await open({ at: '/own', ready: '#own-token', viewport: phone });
    assert.equal(await page.locator('#own-why').innerText(), '');
    await page.fill('#own-token', 'asue-own-nothing');
    await page.click('.own-door button');
    await page.locator('#own-why', { hasText: 'Такого ключа нет' }).waitFor();
    await shot(page, 'door');
    await page.fill('#own-token', await token('r-02'));
    await page.click('.own-door button');
    await page.locator('h1', { hasText: 'ЦОД-1' }).waitFor();
    await page.context().close();
  },

  async 'a token that is revoked shuts the open page within seconds'() {
    const key = await token();
    const page = await visit(key);
    await dev('revoke', { token: key });
    await page.locator('#own-why', { hasText: 'Ключ отозван' }).waitFor();
    assert.equal(await page.locator('#own-power').count(), 0);
    await page.context().close();
  },

  async 'a silent server is told, and nothing looks alive'() {
    const page = await visit(await token());
    await page.route('**/api/v1/own/now', (r) => r.abort());
    await page.locator('.own-lost', { hasText: 'нет связи с сервером' }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.link), 'lost');
    await page.unroute('**/api/v1/own/now');
    await page.locator('.own-lost').waitFor({ state: 'detached' });
    await page.context().close();
  },

  async 'a month back, a table of a point, and a file to take along'() {
    const page = await visit(await token('r-04'), { viewport: { width: 1100, height: 900 } });
    assert.match(await text(page, '#own-points'), /p-r-04[\s\S]*p2-r-04/);
    const present = await text(page, '#own-month-title');
    await page.locator('.step').first().click();
    await page.locator('#own-month-title', { hasNotText: present.split(': ')[1] }).waitFor();
    await page.selectOption('#own-step', '60m');
    await page.selectOption('#own-point', 'p2-r-04');
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('#own-csv')]);
    assert.match(await readFile(await file.path(), 'utf8'), /^\ufeffstart_utc;[\s\S]*;p2-r-04;A\+;Wh;/);
    await page.fill('#own-to', '2020-01-01');
    await page.locator('section', { hasText: 'Последний день раньше первого' }).first().waitFor();
    assert.equal(await page.locator('#own-csv').count(), 0);
    await page.context().close();
  },

  async 'three languages, light and dark, a phone and a desk: all is named, legible and in place'() {
    const key = await token();
    for (const lang of ['ru', 'kk', 'en']) {
      for (const theme of ['light', 'dark']) {
        const page = await visit(key, { lang, theme });
        await page.waitForSelector('#own-day-sum');
        await page.waitForSelector('#own-month-energy');
        await page.locator('summary').click();
        const where = `${lang}, ${theme}`;
        assert.deepEqual(await bare(page), [], `untranslated in ${where}`);
        assert.deepEqual(await nameless(page), [], where);
        assert.deepEqual(await faint(page, '#own'), [], where);
        assert.ok((await tooWide(page)) <= 0, `wider than a phone in ${where}`);
        await page.locator('summary').click();
        await shot(page, `${lang}-${theme}`);
        const cards = await page.locator('.own-cards > section').evaluateAll((list) => list.map((x) => x.getBoundingClientRect()).map((r) => [r.top, r.height]));
        assert.equal(cards.length, 6);
        cards.forEach(([top, height], i) => assert.ok(height > 60 && height < 900 && (i === 0 || top > cards[i - 1][0]), `card ${i} of ${where}: ${top}, ${height}`));
        await page.setViewportSize({ width: 1366, height: 768 });
        assert.ok((await tooWide(page)) <= 0, `wider than a desk in ${where}`);
        if (lang === 'ru') await shot(page, `desk-${theme}`);
        await page.context().close();
      }
    }
  },
};

await play(stories);
