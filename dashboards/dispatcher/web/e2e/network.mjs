// Drives the view of the network in Chromium over the invented zone (internal/devserver),
// whose lines can be lost, whose reserve can be too weak, and whose states can grow old.
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/network.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { bare, nameless, open, play, text as written, tooWide, url, visit } from './stage.mjs';

const view = { at: '/?view=network', ready: '#net-live svg.net' };
const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png` });
const look = (options = {}) => open({ ...view, ...options });

/** dev does something to the network that no program offers: another reserve, no new states, a position that nobody tells. */
const dev = (what) => fetch(`${url}/dev/network?${what}`, { method: 'POST' });
const scenario = (id) => fetch(`${url}/api/v1/scenarios`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ id }) });
const calm = async () => {
  await dev('reserve=120');
  await scenario('calm');
};

const live = '#net-live .net';
/** text is what is written somewhere, with plain spaces. */
const text = async (page, selector) => (await written(page, selector)).replaceAll('\u00a0', ' ');
/** drawn is what is written in the picture. */
const drawn = (page, selector) => page.locator(selector).first().evaluate((e) => e.textContent.replaceAll('\u00a0', ' '));
const at = (ref) => `[data-ref="${ref}"]`;
const dead = (page, root, ref) => page.locator(`${root} ${at(ref)} .wire`).evaluateAll((l) => l.length > 0 && l.every((e) => e.classList.contains('dead')));
const seen = (page, fn, arg) => page.waitForFunction(fn, arg);

/** tick waits for the next state of the network on the page. */
async function tick(page) {
  const was = await text(page, '#net-at');
  await seen(page, (w) => document.querySelector('#net-at').textContent !== w, was);
}

const stories = {
  async 'every view says what the reserve could do, and the first view waits for nothing of it'() {
    await calm();
    const page = await open();
    await page.waitForSelector('#ready[data-light=green]');
    assert.match(await text(page, '#ready'), /● резерв готов Каратагай отключится сейчас → Акжар: 120,0 МВт, хватает/);
    for (const name of ['', 'app.js', 'chunk.js']) assert.doesNotMatch(await (await fetch(`${url}/${name}`)).text(), /(src|href)="network\.js|from"\.\/network\.js/, `${name || 'the page'} waits for the diagram`);
    await page.waitForSelector('#diagram svg.net'); // it comes by itself
    for (const id of ['control', 'network', 'profile', 'balance']) {
      await visit(page, id);
      assert.ok(await page.locator('#ready').isVisible(), `no badge in ${id}`);
    }
    await page.context().close();
  },

  async 'the diagram shows live numbers, and a new state moves nothing'() {
    const page = await look();
    assert.match(await drawn(page, `${live} ${at('line:l-kar')} text`), /\d,\d\sМВт\d+\s%/);
    assert.match(await drawn(page, `${live} ${at('bus:s10-1')} text.fig`), /10,\d\d кВ изм\. 10,\d\d кВ/);
    const [arrow, idle] = [`${live} ${at('line:l-kar')} .arrow`, `${live} ${at('line:l-akz-1')} .arrow`];
    assert.equal(await page.locator(arrow).count(), 1, 'no direction at the line that feeds');
    assert.equal(await page.locator(idle).count(), 0, 'a direction at a line that carries nothing');
    const places = () => page.locator(`${live} text, ${live} .box`).evaluateAll((l) => l.map((e) => [e.getAttribute('x'), e.getAttribute('y'), e.getAttribute('transform')].join()));
    const figures = () => page.locator(`${live} .fig`).allTextContents();
    const [before, were] = [await places(), await figures()];
    await page.evaluate(() => {
      window.replaced = 0;
      new MutationObserver((list) => list.forEach((m) => (window.replaced += [...m.removedNodes].filter((n) => n.nodeType === 1).length))).observe(document.querySelector('#net-live .net'), { childList: true, subtree: true });
    });
    for (let i = 0; i < 4; i++) await tick(page);
    assert.deepEqual(await places(), before, 'something moved');
    assert.notDeepEqual(await figures(), were, 'the figures stand still');
    assert.equal(await page.evaluate(() => window.replaced), 0, 'elements were replaced by a state');
    await page.context().close();
  },

  async 'a lost line recolours: dead until the transfer has acted, then fed by the reserve'() {
    await calm();
    const page = await look();
    assert.equal(await dead(page, live, 'line:l-kar'), false);
    assert.equal(await dead(page, live, 'bus:s10-1'), false);
    await page.click('[data-scenario=karatagai-lost]');
    await seen(page, () => document.querySelectorAll('#net-live .net [data-ref="bus:s10-1"] .wire.dead').length > 0);
    assert.match(await text(page, '#net-live [data-sum=feeding]'), /никто/);
    assert.match(await drawn(page, `${live} ${at('bus:s10-1')}`), /без напр\./);
    assert.match(await text(page, '#net-live [data-sum=unserved]'), /не питается \d/);
    await seen(page, () => document.querySelectorAll('#net-live .net [data-ref="bus:s10-1"] .wire.dead').length === 0);
    assert.equal(await dead(page, live, 'line:l-kar'), true);
    assert.match(await text(page, '#net-live [data-sum=feeding]'), /Акжар/);
    assert.equal(await page.locator(`${live} ${at('switch:q-kar')} .switch-sign.open`).count(), 1);
    assert.equal(await page.locator(`${live} ${at('switch:q-akz-1')} .switch-sign.closed`).count(), 1);
    assert.match(await drawn(page, `${live} ${at('switch:q-kar')}`), /≠/, 'a switch out of its normal state is marked');
    await page.waitForSelector('#ready[data-light=red]');
    assert.match(await text(page, '#ready'), /✕ резерв не держит Акжар отключится сейчас → резерва нет/);
    await shot(page, 'network-lost');
    await page.click('[data-scenario=calm]');
    await page.context().close();
  },

  async 'the badge changes with the reserve, and its panel says what would be shed'() {
    await calm();
    const page = await look({ theme: 'dark' });
    await page.waitForSelector('#ready[data-light=green]');
    await dev('reserve=6');
    await page.waitForSelector('#ready[data-light=amber]');
    assert.match(await text(page, '#ready'), /◐ резерв — только аварийная броня Каратагай отключится сейчас → Акжар: 6,0 МВт, снять \d+,\d МВт/);
    await page.click('#ready');
    await page.waitForSelector('#ready-panel[open] #ready-shedding [data-step]');
    const said = await text(page, '#ready-panel');
    assert.match(said, /Если сейчас отключится «Каратагай»[\s\S]*сразу есть обесточенные[\s\S]*после АВР пределы нарушены/);
    assert.match(said, /технологическая броня[\s\S]*аварийная броня[\s\S]*резерв может\s+6,00 МВт[\s\S]*мешает\s+Т-1: ток обмотки НН/);
    assert.match(said, /\+2,1 с отключится В-110 «Каратагай»[\s\S]*включится В-110 Акжар-1/);
    assert.match(said, /Что будет снято[\s\S]*Предел: по модели сети — Т-1 .*: нагрузка трансформатора[\s\S]*по телефону[\s\S]*Не хватит \d/);
    assert.deepEqual(await nameless(page), []);
    await shot(page, 'network-ready');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#ready-panel', { state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'ready', 'the focus is back where it came from');
    await dev('reserve=0');
    await page.waitForSelector('#ready[data-light=red]');
    assert.match(await text(page, '#ready'), /резерва нет/);
    await page.click('#ready');
    await page.waitForSelector('#ready-panel[open] .ready-dark');
    assert.match(await text(page, '#ready-panel'), /Автоматика ничего не переключит[\s\S]*Останется без напряжения: \d[\s\S]*I категория: \d[\s\S]*Керамика-1/);
    await calm();
    await page.context().close();
  },

  async 'a supposition is never taken for now'() {
    await calm();
    const page = await look({ viewport: { width: 1680, height: 1000 } });
    const address = page.url();
    await page.click('#net-whatif');
    const supposed = '#net-supposed .net';
    await page.waitForSelector(supposed);
    await page.selectOption('#net-scenario', 'C');
    await page.check('[data-out=t-2]');
    // The load of now goes with the hour of the day; what is supposed is always about 62 MW.
    const { load_mw: now } = await (await page.request.get(`${url}/api/v1/network`)).json();
    await page.fill('#net-load', String(Math.ceil(6200 / now)));
    await page.waitForSelector(`${supposed} ${at('t:t-1')} .halo.over`, { state: 'attached' });
    assert.match(await text(page, '#net-supposed-title'), /ПРЕДПОЛОЖЕНИЕ/);
    assert.ok((await page.locator(`${supposed} .watermark text`).allTextContents()).every((x) => x === 'ПРЕДПОЛОЖЕНИЕ'));
    assert.match(await page.locator('#net-supposed').evaluate((e) => getComputedStyle(e).backgroundImage), /repeating-linear-gradient/);
    assert.equal(await page.locator(`${live} .watermark`).count(), 0);
    // Each change of the form is asked by itself: the answer with all three comes last.
    const overloaded = /▲ Т-1 .*нагрузка трансформатора 1\d\d %, предел 96 %/;
    for (let tries = 0; tries < 100 && !overloaded.test(await text(page, '#net-supposed')); tries++) await page.waitForTimeout(100);
    assert.match(await text(page, '#net-supposed'), overloaded);
    assert.equal(await page.locator(`${supposed} ${at('t:t-1')} .halo.over`).count(), 3);
    assert.equal(await dead(page, supposed, 'line:l-kar'), true);
    assert.equal(await dead(page, live, 'line:l-kar'), false, 'the supposition has recoloured what is now');
    assert.equal(await dead(page, supposed, 't:t-2'), true);
    assert.equal(await page.locator(`${live} .halo`).count(), 0);
    const row = async (name) => (await text(page, `#net-supposed .net-compared [data-sum=${name}]`)).split('\t');
    assert.deepEqual((await row('feeding')).slice(1), ['Каратагай', 'Акжар']);
    const was = await page.locator(`${live} .fig`).allTextContents();
    await tick(page);
    await tick(page);
    assert.notDeepEqual(await page.locator(`${live} .fig`).allTextContents(), was, 'what is now stands still beside a supposition');
    assert.equal(page.url(), address, 'a supposition stands in the address');
    await shot(page, 'network-whatif');
    await page.click('#net-whatif-close');
    await page.waitForSelector('#net-supposed', { state: 'detached' });
    assert.equal(await page.evaluate(() => /ПРЕДПОЛОЖЕНИЕ/.test(document.body.innerText)), false, 'something of it is left');
    await page.click('#net-whatif');
    await page.waitForSelector(supposed);
    assert.equal(await page.inputValue('#net-scenario'), '', 'the next supposition begins where the last ended');
    await page.fill('#net-load', '400');
    await page.context().close();
  },

  async 'what cannot be calculated or answered is said'() {
    await calm();
    const page = await look();
    await page.click('#net-whatif');
    await page.waitForSelector('#net-supposed .net');
    await page.fill('#net-ambient', '99');
    await page.waitForSelector('#net-supposed .failed');
    assert.match(await text(page, '#net-supposed .failed'), /-60 to 60/);
    await page.fill('#net-ambient', '40');
    await page.waitForSelector('#net-supposed .net');
    assert.equal(await page.locator('#net-supposed .failed').count(), 0);
    await page.fill('#net-load', '1200');
    await page.waitForSelector('#net-supposed .net-broken');
    assert.match(await text(page, '#net-supposed .net-broken'), /Расчёт не удался: no power flow exists/);
    assert.match(await drawn(page, `#net-supposed .net ${at('line:l-kar')}`), /\?/, 'a figure is shown of what could not be calculated');
    assert.match(await text(page, '#net-supposed .net-compared [data-sum=load]'), /\?$/);
    await page.context().close();
  },

  async 'an old state does not look alive'() {
    await calm();
    const page = await look({ lang: 'en' });
    await dev('reserve=120&frozen=true');
    await page.waitForSelector('#net-live[data-old=true]');
    assert.match(await text(page, '#net-at'), /✕ 3\d s old/);
    assert.ok(await page.locator('#net-live .net-field').evaluate((e) => Number(getComputedStyle(e).opacity) < 0.6), 'the picture still looks alive');
    assert.match(await text(page, '#ready'), /\? reserve: not known 3\d s old/);
    await dev('reserve=120');
    await page.waitForSelector('#net-live[data-old=false]');
    await page.context().close();
  },

  async 'what nobody knows is shown as such'() {
    await dev('reserve=120&unsure=true');
    const page = await look();
    await page.waitForSelector(`${live} ${at('switch:sv-10')} .unknown`);
    assert.equal(await drawn(page, `${live} ${at('switch:sv-10')} .letter`), '?');
    assert.equal(await page.locator(`${live} ${at('switch:sv-10')} .hatch`).count(), 1);
    assert.match(await drawn(page, `${live} ${at('bus:s10-2')} .stale`), /◔/);
    await page.locator(`${live} ${at('switch:sv-10')} .hit`).click();
    assert.match(await text(page, '#net-live .net-detail'), /СВ-10[\s\S]*положение\s+отключён \(не подтверждено: принято\)/);
    await dev('reserve=120');
    await page.waitForSelector(`${live} ${at('switch:sv-10')} .unknown`, { state: 'detached' });
    await page.context().close();
  },

  async 'everything about an element, with what is assumed, by keyboard too'() {
    await calm();
    const page = await look();
    assert.deepEqual(await nameless(page), []);
    await page.locator('#net-live .net-field').focus();
    await page.keyboard.press('ArrowDown');
    const detail = () => text(page, '#net-live .net-detail');
    assert.match(await detail(), /ВЛ-110 «Каратагай»[\s\S]*ток\s+\d+ А из 510 А[\s\S]*АС-185\/29, 15 км[\s\S]*Допущено[\s\S]*length: 15 km[\s\S]*Откуда данные[\s\S]*паспорт: length/);
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
    assert.match(await detail(), /1 секция 110 кВ[\s\S]*допустимо\s+99,00 кВ … 121,0 кВ/);
    await page.keyboard.press('ArrowRight');
    assert.match(await detail(), /Мост 110[\s\S]*включён/);
    assert.equal(await page.locator(`${live} .picked`).count(), 1);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator(`${live} .picked`).count(), 0);
    assert.match(await page.locator(live).getAttribute('aria-label'), /Однолинейная схема: питает Каратагай, нагрузка \d/);
    await page.click('#net-live .net-tables summary');
    await page.waitForSelector('#net-live .net-tables table');
    assert.match(await text(page, '#net-live .net-tables'), /Линии[\s\S]*ВЛ-110 «Каратагай»[\s\S]*Трансформаторы[\s\S]*Шины[\s\S]*Выключатели[\s\S]*отпечаток исходных данных: [0-9a-f]{16}/);
    await page.context().close();
  },

  async 'figures, colours and feeders as the reader likes them, kept for the next time'() {
    await calm();
    const page = await look();
    await page.click('[data-figure=a]');
    await page.click('[data-figure=p]');
    await seen(page, () => /\d\sА/.test(document.querySelector('#net-live [data-ref="line:l-kar"] text').textContent) && !/МВт/.test(document.querySelector('#net-live [data-ref="line:l-kar"] text').textContent));
    const colour = () => page.locator(`${live} ${at('line:l-kar')} .v`).first().evaluate((e) => getComputedStyle(e).stroke);
    const gost = await colour();
    await page.selectOption('#net-palette', 'safe');
    assert.notEqual(await colour(), gost);
    await page.check('#net-fold');
    await page.waitForSelector(`${live} ${at('feeders:s10-1')}`);
    assert.match(await drawn(page, `${live} ${at('feeders:s10-1')}`), /\d+ фид\., \d/);
    await page.reload();
    await page.waitForSelector(`${live} ${at('feeders:s10-1')}`);
    assert.equal(await page.inputValue('#net-palette'), 'safe');
    await page.context().close();
  },

  async 'three languages, no missing message'() {
    await calm();
    const words = new Set();
    for (const lang of ['ru', 'kk', 'en']) {
      const page = await look({ lang });
      await page.click('#net-whatif');
      await page.waitForSelector('#net-supposed .net');
      words.add(await text(page, '#net-supposed-title .word'));
      for (const d of await page.locator('.net-tables summary').all()) await d.click();
      await page.locator(`${live} ${at('t:t-1')} .hit`).click();
      assert.deepEqual(await bare(page), [], `untranslated in ${lang}`);
      await page.click('#ready');
      await page.waitForSelector('#ready-panel[open]');
      assert.deepEqual(await bare(page), [], `panel in ${lang}`);
      await page.keyboard.press('Escape');
      await page.click('#net-whatif-close');
      await shot(page, `network-${lang}`);
      await page.context().close();
    }
    assert.equal(words.size, 3);
  },

  async 'fits a phone and a small screen'() {
    await calm();
    for (const [width, height, theme] of [[360, 740, 'dark'], [1280, 720, 'light']]) {
      const page = await look({ viewport: { width, height }, theme });
      assert.equal(await tooWide(page), 0, `wider than ${width}`);
      await page.click('#net-whatif');
      await page.waitForSelector('#net-supposed .net');
      assert.equal(await tooWide(page), 0, `a supposition is wider than ${width}`);
      await page.click('#ready');
      await page.waitForSelector('#ready-panel[open]');
      assert.equal(await tooWide(page), 0, `the panel is wider than ${width}`);
      await page.keyboard.press('Escape');
      await shot(page, `network-${width}`);
      await page.context().close();
    }
  },

  async 'the diagram costs little'() {
    await calm();
    const page = await look();
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const busy = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      const get = (n) => metrics.find((m) => m.name === n).value;
      return { task: get('TaskDuration'), at: get('Timestamp') };
    };
    for (let i = 0; i < 2; i++) await tick(page);
    const a = await busy();
    for (let i = 0; i < 8; i++) await tick(page);
    const b = await busy();
    console.log(`BENCH page_diagram_cpu ${((100 * (b.task - a.task)) / (b.at - a.at)).toFixed(2)} %_of_a_core`);
    await page.context().close();
  },
};

await play(stories);
