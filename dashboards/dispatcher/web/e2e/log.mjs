// Drives the operator's log and the hand-over of the shift in Chromium over the invented
// zone (internal/devserver).
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/log.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { bare, faint, nameless, open, play, text, tooWide, url } from './stage.mjs';

const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png` });
const password = 'трое в лодке'; // of all persons of the invented zone

/** sit opens the view for a person; without a name for somebody who has not signed in. */
const sit = (name, { tab = '', ...options } = {}) =>
  open({ at: '/?view=log' + (tab && '&tab=' + tab), ready: '#log .panel', ...options, prepare: async (p) => {
    if (name) assert.equal((await p.request.post(`${url}/api/v1/login`, { data: { name, password } })).status(), 200, `${name} cannot sign in`);
  } });

const say = (kind, about, on) => fetch(`${url}/dev/alarm?kind=${kind}&about=${about}&on=${on}`, { method: 'POST' });
const rows = (page) => page.locator('#log-stream tbody tr').allInnerTexts();
const shows = (page, selector, want) => page.waitForFunction(([s, w]) => new RegExp(w).test(document.querySelector(s)?.innerText ?? ''), [selector, want]);

/** write fills the form in by its template. */
async function write(page, template, fields) {
  await page.selectOption('#log-template', template);
  for (const [name, value] of Object.entries(fields)) await page.fill(`#log-write [name=${name}]`, value);
  await page.click('#log-do');
  await shows(page, '#log-stream tbody tr', fields.text);
}

const stories = {
  async 'the shift is taken by the first who signs'() {
    const page = await sit('dispatcher-1', { tab: 'handover' });
    await shows(page, '#duty', 'Смену ещё никто не принял');
    assert.match(await text(page, '[data-list=alarms]'), /Молчит прибор|Прибор|молчит/i);
    await page.fill('#sign [name=own]', 'не тот');
    await page.click('#sign-do');
    await shows(page, '#sign-failed', 'Имя или пароль неверны');
    await page.fill('#sign [name=own]', password);
    await page.click('#sign-do');
    await shows(page, '#duty', 'Смену ведёт dispatcher-1 с \\d\\d\\.\\d\\d\\.\\d{4}');
    await page.context().close();
  },

  async 'entries are written by template, and a correction is an entry of its own'() {
    const page = await sit('dispatcher-1');
    await write(page, 'note', { text: 'ключ от ЗРУ у охраны' });
    await write(page, 'switching', { object: 'СВ-10', number: '14', from: 'диспетчер Энергосистемы', text: 'включён СВ-10' });
    await write(page, 'outage', { object: 'Ф-12, яч. 7', text: 'отключился от МТЗ' });
    const outage = page.locator('#log-stream tr[data-kind="log.outage"]').first();
    assert.match(await outage.innerText(), /dispatcher-1\s+Отключение\s+Ф-12, яч. 7 · с \d\d\.\d\d\.\d{4} \d\d:\d\d · продолжается/);
    const seq = await outage.getAttribute('data-seq');
    await page.click(`[data-correct="${seq}"]`);
    assert.match(await text(page, '#write-title'), new RegExp(`Исправление записи № ${seq}`));
    await page.fill('#log-write [name=object]', 'Ф-12, яч. 8');
    await page.fill('#log-text', 'ячейка 8, а не 7');
    await page.click('#log-do');
    await shows(page, '#log-stream tbody tr', `Исправление\\s+к записи № ${seq} · Ф-12, яч. 8`);
    assert.match(await page.locator(`#log-stream tr[data-seq="${seq}"]`).innerText(), /Ф-12, яч. 7[\s\S]*исправлено записью № \d+/);
    await page.locator('#log-write [name=object]').waitFor(); // the form is for a new one again
    await page.selectOption('#log-template', 'order');
    await page.fill('#log-text', 'без номера');
    await page.click('#log-do');
    assert.equal(await page.evaluate(() => document.querySelector('#log-write form').checkValidity()), false, 'an order without its number is sent');
    await page.context().close();
  },

  async 'the house has phrases that are ready, and asks for more than the templates'() {
    const page = await sit('dispatcher-1');
    await page.selectOption('#log-template', { label: 'Вывод фидера в ремонт' });
    assert.equal(await page.inputValue('#log-write [name=object]'), 'Ф-');
    await page.fill('#log-write [name=object]', 'Ф-12, яч. 7');
    await page.fill('#log-write [name=number]', '15');
    await page.fill('#log-write [name=from]', 'начальник смены');
    assert.match(await page.inputValue('#log-text'), /тележка в ремонтном положении/);
    await page.click('#log-do');
    await shows(page, '#log-stream tbody tr', 'Переключение[^]*тележка в ремонтном положении');
    await page.selectOption('#log-template', 'phone');
    assert.equal(await page.locator('#log-write [name=number]').getAttribute('required'), '', 'the number of a message is not asked for');
    const refused = await page.request.post(`${url}/api/v1/log`, { headers: { Origin: url }, data: { template: 'phone', from: 'РЭС', received: new Date(Date.now() - 60e3).toISOString(), text: 'без номера' } });
    assert.equal(refused.status(), 422);
    assert.match(JSON.stringify(await refused.json()), /body\.number/);
    await page.context().close();
  },

  async 'alarms and people stand in one stream, and a filter and a word find them'() {
    const page = await sit('dispatcher-1');
    await page.waitForSelector('#log-stream tbody tr');
    await say('source-lost', 'zone', true);
    await page.waitForSelector('#log-fresh'); // what is new waits until the reader wants it
    assert.doesNotMatch((await rows(page)).join('\n'), /Потеряна питающая линия/);
    await page.click('#log-fresh');
    await shows(page, '#log-stream tbody', 'система\\s+Тревога\\s+Потеряна питающая линия\\s+не квитирована');
    await say('source-lost', 'zone', false);
    await page.selectOption('#log-kind', 'log.');
    await page.waitForFunction(() => [...document.querySelectorAll('#log-stream tbody tr')].every((r) => r.dataset.kind.startsWith('log.')));
    await page.fill('#log-word', 'мтз');
    await page.waitForFunction(() => document.querySelectorAll('#log-stream tbody tr').length === 1);
    const csv = await page.request.get(url + (await page.getAttribute('#log-csv', 'href')));
    assert.match(await csv.text(), /^\ufeffrecord;at_utc[\s\S]*log\.outage;Ф-12, яч\. 7;отключился от МТЗ/);
    await page.context().close();
  },

  async 'the shift is handed over by two signatures at one screen'() {
    const page = await sit('dispatcher-1', { tab: 'handover' });
    await page.waitForSelector('#sign [name=name]');
    await page.click('#handover-again');
    for (const [list, want] of Object.entries({ unfinished: /Ф-12, яч. 8[\s\S]*отключился от МТЗ → № \d+: ячейка 8, а не 7/, notes: /ключ от ЗРУ у охраны/, silent: /m-p-/, overrides: /нет|\d/ })) {
      assert.match(await text(page, `[data-list=${list}]`), want);
    }
    await shot(page, 'handover');
    await page.request.post(`${url}/api/v1/log`, { data: { template: 'note', text: 'пока читали' } });
    const signBy = async (name) => {
      await page.fill('#sign [name=own]', password);
      await page.fill('#sign [name=name]', name);
      await page.fill('#sign [name=password]', password);
      await page.click('#sign-do');
    };
    await signBy('dispatcher-2');
    await shows(page, '#sign-failed', 'Не подписано, прочитайте ещё раз');
    await shows(page, '[data-list=notes]', 'пока читали');
    const digest = await text(page, '.log-digest .num');
    await signBy('dispatcher-2');
    await shows(page, '#sign-done', `Смену принял dispatcher-2\\. Подписан текст ${digest}`);
    await shows(page, '#duty', 'Смену ведёт dispatcher-2');
    await page.click('[data-tab=stream]');
    await shows(page, '#log-stream tbody', 'dispatcher-2\\s+Приёмка смены\\s+принята от dispatcher-1');
    const next = await sit('dispatcher-2', { tab: 'handover' });
    await shows(next, '[data-list=unfinished]', 'Ф-12, яч. 8');
    assert.match(await text(next, '[data-list=notes]'), /нет/);
    await next.context().close();
    await page.context().close();
  },

  async 'on paper is the log alone'() {
    const page = await sit('dispatcher-2');
    await page.waitForSelector('#log-stream tbody tr');
    await page.emulateMedia({ media: 'print' });
    for (const gone of ['#alarm-bar', '#nav', '#log-write', '#log-kind']) assert.equal(await page.locator(gone).isVisible(), false, `${gone} is printed`);
    assert.equal(await page.locator('#log-stream tbody tr').first().isVisible(), true);
    await page.context().close();
  },

  async 'who has not signed in reads nothing and writes nothing'() {
    const page = await sit('');
    await shows(page, '#log', 'Журнал читают диспетчер');
    assert.equal(await page.locator('#log-write, #sign, #log-stream tbody tr').count(), 0);
    await page.context().close();
  },

  async 'three languages, a name and contrast for everything, by day and night, also on a phone'() {
    const titles = new Set();
    for (const lang of ['ru', 'kk', 'en']) {
      for (const theme of ['light', 'dark']) {
        const page = await sit('dispatcher-2', { lang, theme });
        await page.waitForSelector('#log-stream tbody tr');
        titles.add(await text(page, '#write-title'));
        for (const template of ['note', 'order', 'switching', 'outage', 'phone']) {
          await page.selectOption('#log-template', template);
          assert.deepEqual(await bare(page), [], `${lang} ${template}`);
        }
        await shot(page, `log-${lang}-${theme}`);
        assert.deepEqual(await faint(page, '#log'), [], `${lang} ${theme}: too little contrast`);
        await page.click('[data-tab=handover]');
        await page.waitForSelector('#handover');
        assert.deepEqual(await bare(page), [], `${lang} hand-over`);
        assert.deepEqual(await nameless(page), [], lang);
        assert.deepEqual(await faint(page, '#log'), [], `${lang} ${theme}: too little contrast in the hand-over`);
        await shot(page, `handover-${lang}-${theme}`);
        await page.context().close();
      }
    }
    assert.equal(titles.size, 3, 'a language says what another says');
    const phone = await sit('dispatcher-2', { viewport: { width: 390, height: 800 } });
    await phone.waitForSelector('#log-stream tbody tr');
    assert.ok((await tooWide(phone)) <= 0, 'wider than a phone');
    await phone.click('[data-tab=handover]');
    await phone.waitForSelector('#handover');
    assert.ok((await tooWide(phone)) <= 0, 'the hand-over is wider than a phone');
    await phone.context().close();
  },
};

await play(stories);
