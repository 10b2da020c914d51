// Drives the view and the bar of alarms in Chromium over the invented zone
// (internal/devserver), where /dev/alarm says that something is so, or no longer.
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/alarms.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { bare, faint, nameless, open, play, text, tooWide, url, visit } from './stage.mjs';

const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png` });
const password = 'трое в лодке'; // of all persons of the invented zone

/** sit opens the view for a person; without a name for somebody who has not signed in. */
const sit = (name, { tab = '', ...options } = {}) =>
  open({ at: '/?view=alarms' + (tab && '&tab=' + tab), ready: '#alarms .panel', ...options, prepare: async (p) => {
    await options.prepare?.(p);
    if (name) assert.equal((await p.request.post(`${url}/api/v1/login`, { data: { name, password } })).status(), 200, `${name} cannot sign in`);
  } });

/** say tells the zone that something is so, or no longer. */
const say = (kind, about, on) => fetch(`${url}/dev/alarm?kind=${kind}&about=${about}&on=${on}`, { method: 'POST' });
const item = (id) => `#alarms [data-alarm="${id}"]`;
const gone = (page, selector) => page.waitForSelector(selector, { state: 'detached' });

/** put fills in why, and how long if that is asked, and does it. */
async function put(page, id, what, why, hours) {
  await page.click(`${item(id)} [data-act=${what}]`);
  assert.equal(await page.locator('#alarm-do').isDisabled(), true, `${what} without a word of why`);
  await page.fill('#alarm-why', why);
  if (hours) await page.selectOption('#alarm-hours', hours);
  await page.click('#alarm-do');
}

/** clear acknowledges what is left of an alarm that is over. */
async function clear(page, kind, about) {
  await say(kind, about, false);
  await page.waitForSelector(`${item(`${kind}/${about}`)}[data-state=returned] [data-act=acknowledge]`);
  await page.click(`${item(`${kind}/${about}`)} [data-act=acknowledge]`);
  await gone(page, item(`${kind}/${about}`));
}

const stories = {
  async 'an alarm appears in the bar of every view, and says what to do'() {
    const page = await open({ prepare: (p) => p.request.post(`${url}/api/v1/login`, { data: { name: 'dispatcher-1', password } }) });
    await page.waitForSelector('#alarm-bar');
    const height = (await page.locator('#alarm-bar').boundingBox()).height;
    await say('limit-forecast', 'zone', true);
    await page.waitForFunction(() => /Прогноз блока выше лимита/.test(document.querySelector('#alarm-bar').innerText));
    assert.match(await text(page, '#alarm-bar'), /◆П[\s\S]*1[\s\S]*■И[\s\S]*2[\s\S]*Квитировать/);
    assert.equal((await page.locator('#alarm-bar').boundingBox()).height, height, 'the bar has changed its height');
    await visit(page, 'control');
    assert.ok(await page.locator('#alarm-bar').isVisible(), 'no bar in another view');
    await page.click('#alarm-bar a');
    const alarm = page.locator(item('limit-forecast/zone'));
    assert.match(await alarm.locator('summary').innerText(), /выбрать предложенное снижение или позвонить резидентам/);
    assert.match(await alarm.innerText(), /не квитирована[\s\S]*ответить до (\d\d\.\d\d )?\d\d:\d\d/);
    await alarm.locator('summary').click();
    assert.match(await alarm.locator('dl').innerText(), /Причина[\s\S]*Нагрузка зоны растёт[\s\S]*Последствие[\s\S]*фиксирует счётчик/i);
    assert.ok(await alarm.locator('.flash').count(), 'what nobody has acknowledged does not flash');
    await page.context().close();
  },

  async 'acknowledged while it is so it stays on the list, and leaves it when it is over'() {
    const page = await sit('dispatcher-1');
    await page.click('#alarm-ack');
    await page.waitForSelector(`${item('limit-forecast/zone')}[data-state=acknowledged]`);
    assert.equal(await page.locator(`${item('limit-forecast/zone')} .flash`).count(), 0, 'it flashes on');
    await page.locator(`${item('limit-forecast/zone')} summary`).click();
    assert.match(await text(page, `${item('limit-forecast/zone')} dl`), /dispatcher-1, \d\d:\d\d/);
    await say('limit-forecast', 'zone', false);
    await gone(page, item('limit-forecast/zone'));
    await page.context().close();
  },

  async 'what is over before anybody has seen it waits for an answer'() {
    const page = await sit('dispatcher-1');
    await say('command-failed', 'a-07', true);
    await page.waitForSelector(`${item('command-failed/a-07')}[data-state=unacknowledged] details[open]`);
    await clear(page, 'command-failed', 'a-07');
    await page.context().close();
  },

  async 'put aside with why and for how long it moves to the other tab, and the next shift sees it again'() {
    const page = await sit('dispatcher-1');
    await say('power-factor', 'r-02', true);
    await page.waitForSelector(item('power-factor/r-02'));
    await put(page, 'power-factor/r-02', 'shelve', 'ремонт компенсации, заявка 12', '2');
    await gone(page, item('power-factor/r-02'));
    await page.click('[data-tab=hidden]');
    await page.waitForSelector(`${item('power-factor/r-02')}[data-state=shelved]`);
    await page.locator(`${item('power-factor/r-02')} summary`).click();
    assert.match(await text(page, `${item('power-factor/r-02')} dl`), /dispatcher-1: ремонт компенсации, заявка 12 · до \d\d/);
    await put(page, 'power-factor/r-02', 'comment', 'обещали к 18:00');
    await page.waitForFunction(() => /обещали к 18:00/.test(document.querySelector('#alarms dl').innerText));
    await shot(page, 'alarms-hidden');
    const next = await sit('dispatcher-2');
    await next.click('#begin-shift');
    await next.waitForSelector(`${item('power-factor/r-02')}[data-state=unacknowledged]`);
    await gone(page, item('power-factor/r-02'));
    await clear(next, 'power-factor', 'r-02');
    await next.context().close();
    await page.context().close();
  },

  async 'taken out of service it is announced anew when it is put back'() {
    const page = await sit('engineer');
    await put(page, 'meter-silent/m-p-r-09', 'take-out', 'замена счётчика', '8');
    await gone(page, item('meter-silent/m-p-r-09'));
    await page.click('[data-tab=hidden]');
    await page.waitForSelector(`${item('meter-silent/m-p-r-09')}[data-state=out-of-service]`);
    assert.equal(await page.locator(`${item('meter-silent/m-p-r-09')} [data-act=acknowledge]`).count(), 0, 'what is not announced can be acknowledged');
    await page.click(`${item('meter-silent/m-p-r-09')} [data-act=put-back]`);
    await page.click('[data-tab=active]');
    await page.waitForSelector(`${item('meter-silent/m-p-r-09')}[data-state=unacknowledged]`);
    assert.match(await text(page, item('meter-silent/m-p-r-09')), /m-p-r-09/);
    await page.context().close();
  },

  async 'what its cause explains is counted and not announced, and the cause is named'() {
    const page = await sit('dispatcher-1');
    await say('source-lost', 'zone', true);
    await page.waitForSelector(item('source-lost/zone'));
    await say('breaker-open', 'q-11', true);
    await page.click('[data-tab=hidden]');
    await page.waitForSelector(`${item('breaker-open/q-11')}[data-state=suppressed]`);
    await page.locator(`${item('breaker-open/q-11')} summary`).click();
    assert.match(await text(page, `${item('breaker-open/q-11')} dl`), /Потеряна питающая линия/);
    await say('breaker-open', 'q-11', false);
    await gone(page, item('breaker-open/q-11'));
    await page.click('[data-tab=active]');
    await clear(page, 'source-lost', 'zone');
    await page.context().close();
  },

  async 'the horn is switched on by hand, sounds until somebody answers, and can be silenced'() {
    const page = await sit('dispatcher-1', { prepare: (p) => p.addInitScript(() => {
      window.tones = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...at) {
        window.tones++;
        return start.apply(this, at);
      };
    }) });
    assert.match(await text(page, '#alarm-sound'), /Звук не включён/);
    await say('source-lost', 'zone', true);
    await page.waitForSelector(item('source-lost/zone'));
    assert.equal(await page.evaluate(() => window.tones), 0, 'it sounds before anybody has switched it on');
    await page.click('#alarm-sound');
    assert.match(await text(page, '#alarm-sound'), /Звук включён/);
    await page.waitForFunction(() => window.tones >= 9); // the trial, at once, and again
    await page.click('#alarm-silence');
    await gone(page, '#alarm-silence');
    assert.match(await text(page, item('source-lost/zone')), /не квитирована/, 'silenced is not acknowledged');
    await say('nothing-left', 'zone', true); // what begins later sounds
    await page.waitForSelector('#alarm-silence');
    await page.click(`${item('nothing-left/zone')} [data-act=acknowledge]`);
    await gone(page, '#alarm-silence');
    await say('nothing-left', 'zone', false);
    await clear(page, 'source-lost', 'zone');
    await page.context().close();
  },

  async 'history tells who did what, and figures stand beside their aims'() {
    const page = await sit('dispatcher-1', { tab: 'history' });
    await page.waitForSelector('#alarm-history tbody tr');
    const history = await text(page, '#alarm-history');
    for (const want of [/dispatcher-1\s+Отложить\s+Низкий коэффициент мощности · ЦОД-1/, /dispatcher-2\s+Начать смену/, /engineer\s+Вывести/, /dispatcher-1\s+Отложить.*\s+ремонт компенсации, заявка 12/, /система\s+изменилось само\s+Низкий коэффициент мощности · ЦОД-1\s+не квитирована/, /подавлена причиной · Её объясняет: Потеряна питающая линия/]) assert.match(history, want);
    await shot(page, 'alarms-history');
    await page.click('[data-tab=figures]');
    await page.waitForSelector('[data-figure=per_hour]');
    assert.match(await text(page, '#alarm-figures [data-figure=per_hour]'), /\d,\d\d\s+≤ 6/);
    assert.match(await text(page, '#alarm-figures [data-figure=split]'), /5 · 15 · 80 %/);
    assert.deepEqual(await faint(page, '#alarms'), [], 'too little contrast');
    await shot(page, 'alarms-figures');
    await page.context().close();
  },

  async 'who has not signed in sees everything and can answer nothing'() {
    const page = await sit('');
    await page.waitForSelector('#alarms [data-alarm]');
    assert.equal(await page.locator('#alarms [data-act], #begin-shift').count(), 0);
    assert.equal(await page.locator('#alarm-ack').isDisabled(), true);
    assert.match(await text(page, '#alarms'), /Квитируют диспетчер и инженер: войдите/);
    await page.click('[data-tab=history]');
    await page.waitForFunction(() => /Историю читают/.test(document.querySelector('#alarm-history').innerText));
    await page.context().close();
  },

  async 'three languages with all their letters, a name and contrast for everything, by day and night'() {
    await say('source-lost', 'zone', true);
    await say('node-overload', 't-1', true);
    const titles = new Set();
    for (const lang of ['ru', 'kk', 'en']) {
      for (const theme of ['light', 'dark']) {
        const page = await sit('dispatcher-1', { lang, theme });
        await page.waitForSelector(item('node-overload/t-1'));
        await page.waitForFunction(() => !/source-lost/.test(document.querySelector('#alarms').innerText)); // its title has come
        await page.locator('#alarms details:not([open]) summary').evaluateAll((l) => l.forEach((s) => s.click()));
        await page.click(`${item('node-overload/t-1')} [data-act=shelve]`);
        await page.waitForSelector('#alarm-why');
        titles.add(await text(page, `${item('node-overload/t-1')} b`));
        assert.deepEqual(await bare(page), [], `untranslated in ${lang}`);
        assert.deepEqual(await nameless(page), [], `without a name in ${lang}`);
        assert.deepEqual([...(await faint(page, '#alarms')), ...(await faint(page, '#alarm-bar'))], [], `too little contrast in ${theme}`);
        if (lang === 'kk') assert.match((await text(page, '#alarms')).toLowerCase(), /(?=[\s\S]*ә)(?=[\s\S]*ғ)(?=[\s\S]*қ)(?=[\s\S]*ң)(?=[\s\S]*ө)(?=[\s\S]*ұ)(?=[\s\S]*ү)(?=[\s\S]*і)/);
        const names = await page.locator('#alarms [data-act]').evaluateAll((l) => l.map((b) => b.getAttribute('aria-label')));
        assert.equal(new Set(names).size, names.length, 'two buttons have the same name');
        await shot(page, `alarms-${lang}-${theme}`);
        await page.context().close();
      }
    }
    assert.equal(titles.size, 3);
  },

  async 'fits a phone, and is answered by keyboard'() {
    const phone = await sit('dispatcher-1', { viewport: { width: 360, height: 740 }, theme: 'dark' });
    await phone.waitForSelector(item('node-overload/t-1'));
    await phone.click(`${item('node-overload/t-1')} [data-act=shelve]`);
    assert.equal(await tooWide(phone), 0, 'wider than a phone');
    const cut = await phone.locator('#alarms .switch button').evaluateAll((l) => l.filter((b) => b.scrollWidth > b.clientWidth).map((b) => b.innerText));
    assert.deepEqual(cut, [], 'cut off');
    await shot(phone, 'alarms-phone');
    await phone.context().close();
    const page = await sit('dispatcher-1');
    await page.focus(`${item('node-overload/t-1')} [data-act=acknowledge]`);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`${item('node-overload/t-1')}[data-state=acknowledged]`);
    await page.focus(`${item('node-overload/t-1')} [data-act=comment]`);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement.id === 'alarm-why');
    await page.keyboard.type('вызвана бригада');
    await page.keyboard.press('Enter');
    await gone(page, '#alarm-why');
    await say('node-overload', 't-1', false);
    await gone(page, item('node-overload/t-1'));
    await clear(page, 'source-lost', 'zone');
    await page.context().close();
  },
};

await play(stories);
