// Looks at everything that the page can show, and holds it against rules.mjs: every view
// that a link of the page leads to, every tab of it, in three languages, by day and by
// night, at a dispatcher's panel and on a phone.
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/audit.mjs
//
// ASUE_SCREENSHOTS  folder for a picture of each; none if unset
// ASUE_VIEW         only views whose address contains this
// ASUE_LOOKS=all    every language by day and by night; each language once and both
//                   themes if unset, which takes half the time
// The run names all complaints together, each once with the places where it was seen.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { open, play, url } from './stage.mjs';
import { contrast, focus, foreign, install, layout, structure, unsaid } from './rules.mjs';

const catalogues = new URL('../i18n/', import.meta.url);
const keys = [...new Set(readdirSync(catalogues).flatMap((f) => Object.keys(JSON.parse(readFileSync(new URL(f, catalogues), 'utf8')))))].filter((k) => k.includes('.'));
const password = 'трое в лодке'; // of all persons of the invented zone
const looks = [['ru', 'light'], ['kk', 'dark'], ['en', 'light'], ...(process.env.ASUE_LOOKS === 'all' ? [['ru', 'dark'], ['kk', 'light'], ['en', 'dark']] : [])];
const panel = { width: 1366, height: 768 };
const phone = { width: 360, height: 740 };

/** sit opens the page as a person, "" for nobody, and counts what it asks for. */
async function sit(who, { at = '/', lang, theme, viewport }) {
  const page = await open({ at, ready: 'main, .lobby', lang, theme, viewport, prepare: async (p) => {
    p.asked = 0;
    p.faults = [];
    const streams = (r) => r.resourceType() === 'eventsource' || /\/(live|stream\.js)/.test(r.url());
    p.on('request', (r) => {
      if (!streams(r)) p.asked++;
      if (!r.url().startsWith(url + '/') && !/^(data|blob|about):/.test(r.url())) p.faults.push(`asks another server: ${r.url()}`);
    });
    for (const end of ['requestfinished', 'requestfailed']) p.on(end, (r) => !streams(r) && p.asked--);
    p.on('console', (m) => m.type() === 'error' && !/status of 40[13]/.test(m.text()) && p.faults.push(`console: ${m.text()}`));
    if (who) assert.equal((await p.request.post(`${url}/api/v1/login`, { data: { name: who, password } })).status(), 200, `${who} cannot sign in`);
  } });
  await page.emulateMedia({ reducedMotion: 'reduce' }); // a sign that flashes is looked at while it is there
  return page;
}

/** settle waits until the page has asked all that it wants to know, and drawn it. */
async function settle(page) {
  for (let quiet = 0, rounds = 0; quiet < 4 && rounds < 200; rounds++) {
    await page.waitForTimeout(50);
    quiet = page.asked <= 0 ? quiet + 1 : 0;
  }
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** visit goes to an address within the page. */
async function visit(page, address) {
  await page.evaluate((a) => {
    history.pushState(null, '', a);
    dispatchEvent(new PopStateEvent('popstate'));
  }, address);
  await settle(page);
}

/** places are the views that links of the page lead to, their tabs, and one resident, case and meter in them: what nobody can reach need not be looked at. */
async function places(page) {
  const found = new Map([['shift', '/']]);
  for (const [, address] of found) { // grows while it is walked
    await visit(page, address);
    const links = await page.evaluate(() => [...document.querySelectorAll('a[href^="/?"]:not(main [aria-current])')].map((a) => a.getAttribute('href')));
    for (const href of links) {
      const q = new URLSearchParams(href.slice(2));
      const name = [q.get('view') ?? 'shift', q.get('tab'), ...['resident', 'case', 'meter'].filter((k) => q.has(k))].filter(Boolean).join('.');
      if (!found.has(name)) found.set(name, href);
    }
    const tabs = await page.evaluate(() => [...document.querySelectorAll('main [data-tab]:not([aria-pressed=true], [aria-current])')].map((b) => b.dataset.tab));
    const view = new URLSearchParams(address.slice(1)).get('view');
    if (new URLSearchParams(address.slice(1)).has('tab')) continue;
    for (const tab of tabs) if (view && !found.has(`${view}.${tab}`)) found.set(`${view}.${tab}`, `/?view=${view}&tab=${tab}`);
  }
  return new Map([...found].filter(([name]) => name.includes(process.env.ASUE_VIEW ?? '')));
}

/** longestName is the longest name among the zone's residents. */
async function longestName() {
  const answer = await fetch(new URL('/api/v1/residents', process.env.ASUE_URL));
  const { residents } = await answer.json();
  return residents.map((r) => r.name).sort((a, b) => b.length - a.length)[0];
}

const complaints = new Map();
let looked = 0;

/** look holds what is shown now against all rules. */
async function look(page, name, lang, { keyboard = false } = {}) {
  await install(page);
  const found = [...(await structure(page, lang)), ...(await contrast(page)), ...(await layout(page)), ...(await unsaid(page, keys)), ...(await foreign(page, lang)), ...page.faults.splice(0)];
  if (keyboard) found.push(...(await focus(page)));
  for (const f of found) complaints.set(f, [...(complaints.get(f) ?? []), name]);
  looked++;
  if (process.env.ASUE_SCREENSHOTS) await page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/${name}.png` });
}

/** verdict fails with everything that was found; what differs by its words alone is told once. */
function verdict() {
  const alike = new Map();
  for (const [f, at] of complaints) {
    const kind = f.replace(/«[^»]*»/g, '').replace(/\d+(\.\d+)?/g, '0');
    const known = alike.get(kind) ?? { f, at: [] };
    alike.set(kind, { f: known.f, at: [...known.at, ...at] });
  }
  complaints.clear();
  const list = [...alike.values()].map(({ f, at }) => `${f}\n      ${at.length} × ${[...new Set(at)].slice(0, 4).join(', ')}`);
  assert.equal(list.length, 0, `${list.length} complaints\n  ${list.join('\n  ')}`);
}

const stories = {
  async 'every view, in three languages, by day and by night'() {
    for (const [lang, theme] of looks) {
      const page = await sit('dispatcher-1', { lang, theme, viewport: panel });
      for (const [name, address] of await places(page)) {
        await visit(page, address);
        await look(page, `${name}-${lang}-${theme}`, lang, { keyboard: lang === 'ru' });
      }
      await page.context().close();
    }
    console.log(`BENCH page_audited ${looked} pictures`);
    verdict();
  },

  async 'every view on a phone'() {
    for (const lang of ['ru', 'kk', 'en']) {
      const page = await sit('dispatcher-1', { lang, theme: 'light', viewport: phone });
      for (const [name, address] of await places(page)) {
        await visit(page, address);
        await look(page, `${name}-${lang}-phone`, lang);
      }
      await page.context().close();
    }
    verdict();
  },

  async 'what others see: an engineer, an administrator, an auditor, somebody who has not signed in'() {
    for (const [who, lang, theme] of [['engineer', 'kk', 'light'], ['admin', 'ru', 'dark'], ['auditor', 'en', 'light'], ['', 'ru', 'light']]) {
      const page = await sit(who, { lang, theme, viewport: panel });
      for (const [name, address] of await places(page)) {
        await visit(page, address);
        await look(page, `${name}-${who || 'nobody'}`, lang);
      }
      await page.context().close();
    }
    verdict();
  },

  async 'what opens over the page: signing in, keys, a step of an order, a supposition, readiness; and a wall screen'() {
    const longest = await longestName();
    for (const [lang, theme] of [['ru', 'light'], ['kk', 'dark'], ['en', 'light']]) {
      const guest = await sit('', { lang, theme, viewport: panel });
      await guest.click('#sign-in');
      await guest.waitForSelector('dialog.door input');
      await look(guest, `sign-in-${lang}`, lang, { keyboard: true });
      await guest.context().close();
      const wall = await sit('', { at: '/?kiosk=1', lang, theme, viewport: { width: 1920, height: 1080 } });
      await settle(wall);
      // Which residents stand here changes with their load: the longest name must fit whenever it comes.
      await wall.evaluate((name) => (document.querySelector('#residents tbody th').textContent = name), longest);
      await look(wall, `wall-${lang}`, lang);
      await wall.context().close();
      const page = await sit('dispatcher-1', { lang, theme, viewport: panel });
      await page.click('.ready-badge');
      await settle(page);
      await look(page, `readiness-${lang}`, lang, { keyboard: true });
      await page.keyboard.press('Escape');
      await page.click('#keys');
      await settle(page);
      await look(page, `keys-${lang}`, lang, { keyboard: true });
      await page.keyboard.press('Escape');
      await visit(page, '/?view=network');
      await page.click('#net-whatif');
      await settle(page);
      await look(page, `whatif-${lang}`, lang, { keyboard: true });
      await visit(page, '/?view=control');
      await page.locator('.control button:enabled, .system button:enabled').first().click();
      await settle(page);
      await look(page, `order-${lang}`, lang, { keyboard: true });
      await page.context().close();
    }
    verdict();
  },
};

await play(stories);
