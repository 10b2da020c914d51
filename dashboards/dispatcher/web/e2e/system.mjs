// Drives the view of the system in Chromium over the invented zone (internal/devserver).
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/system.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { bare, faint, nameless, open, play, text, tooWide, url } from './stage.mjs';

const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png` });
const password = 'трое в лодке'; // of all persons of the invented zone

/** sit opens a tab of the view for a person; without a name for somebody who has not signed in. */
const sit = (name, tab, { chosen = '', ready = '#system .panel', ...options } = {}) =>
  open({ at: '/?view=system' + (tab ? '&tab=' + tab : '') + chosen, ready, ...options, prepare: async (p) => {
    if (name) assert.equal((await p.request.post(`${url}/api/v1/login`, { data: { name, password } })).status(), 200, `${name} cannot sign in`);
  } });

/** keys are lines that look like the key of a message; what a file says of itself is none. */
const keys = async (page) => (await bare(page)).filter((l) => !/conditions\.tu-/.test(l));

const stories = {
  async 'a viewer finds the meter that is silent and the one that is another'() {
    const page = await sit(null, '', { ready: '#meters-panel tbody tr[data-meter]' });
    const all = await page.locator('#meters-panel tbody tr').count();
    assert.ok(all >= 70, `${all} meters`);
    assert.match(await text(page, '#meters-count'), /70 приборов|\d+ прибор/);
    await page.click('#doubtful');
    await page.waitForSelector('#meters-panel tbody tr:nth-child(2)');
    assert.ok((await page.locator('#meters-panel tbody tr').count()) < all, 'nothing was left out');
    const rows = (await page.locator('#meters-panel tbody tr').allInnerTexts()).join('\n');
    assert.match(rows, /timeout after 1s · опрашивается редко: долго молчит/);
    assert.match(rows, /чужой прибор: заводской номер прибора 4799, в файле площадки 4705: оформите замену или исправьте файл · другой номер отвечал 1 раз/);
    assert.match(new URL(page.url()).search, /show=doubtful/, 'the choice is not in the address');
    await page.fill('#find-meter', 'нет такого');
    assert.match(await text(page, '#meters-panel tbody'), /Ничего нет/);
    await page.context().close();
  },

  async 'lines, stores and processes say how they do; a line leads to its meters'() {
    const page = await sit(null, 'lines', { ready: '#lines-panel tbody tr[data-line]' });
    assert.match(await text(page, '#lines-panel tbody tr'), /l1[\s\S]*на связи[\s\S]*38\s%[\s\S]*0,04\s%[\s\S]*пропущено опросов: 12/);
    assert.doesNotMatch(await text(page, '#lines-panel'), /10\.0\.0\.5/, 'a stranger is told addresses');
    assert.equal(await page.locator('[data-trace]').count(), 0, 'a stranger is offered frames');
    await page.click('#lines-panel tbody td:last-child a');
    await page.waitForSelector('#meters-panel tbody tr[data-meter]');
    assert.match(new URL(page.url()).search, /line=l1/);
    await page.click('[data-tab=stores]');
    await page.waitForSelector('[data-store=ledger]');
    assert.match(await text(page, '[data-store=ledger]'), /Книга учёта SQLite[\s\S]*в порядке[\s\S]*812\sМБ[\s\S]*48\s211/);
    assert.match(await text(page, '[data-store=disk]'), /есть замечание/);
    assert.match(await text(page, '[data-process=collector-2]'), /сборщик[\s\S]*нет связи[\s\S]*[67]\sмин назад/);
    assert.match(await text(page, '[data-process=asue]'), /отвечает вам/);
    assert.match(await text(page, '#clock-panel'), /Asia\/Aqtobe/);
    for (const tab of ['config', 'users', 'backup']) {
      await page.click(`[data-tab=${tab}]`);
      await page.waitForSelector('#system-denied');
    }
    await page.context().close();
  },

  async 'an engineer sees what was changed in the file since the start, in words and by line'() {
    const page = await sit('engineer', 'config', { ready: '#config-site' });
    assert.match(await text(page, '[data-file=process]'), /Файл не менялся/);
    assert.match(await text(page, '[data-file=site]'), /есть замечание Файл изменён \d\d\.\d\d\.\d{4} \d\d:\d\d и отличается/);
    assert.match(await text(page, '#diff-site [data-object=r-01]'), /Резидент Керамика-1 r-01 conditions\.tu-r-01\.power\s+2\.6 MW → 2\.1 MW/);
    assert.match(await text(page, '#diff-site [data-object=p-29]'), /Точка учёта p-29\s+нет → \{id: p-29/);
    assert.match(await text(page, '#diff-site [data-op=removed]'), /^− +9 +- \{id: tu-r-01, node: in, power: 2\.6 MW\}/);
    await page.click('[data-whole=process]');
    assert.match(await text(page, '#config-process .system-text'), /password: •••/);
    await page.locator('#versions button.link').first().click();
    await page.waitForSelector('#diff-versions [data-object=r-01]');
    await page.click('[data-tab=backup]');
    await page.waitForSelector('#backup-panel dl');
    assert.match(await text(page, '#backup-panel'), /\/var\/backups\/asue[\s\S]*Лежит на месте\s*да[\s\S]*Книга учёта проверена\s*да[\s\S]*asue restore/);
    await page.click('[data-tab=lines]');
    await page.waitForSelector('[data-trace]');
    assert.match(await text(page, '#lines-panel'), /tcp:\/\/10\.0\.0\.5:502/);
    await page.click('[data-tab=users]');
    await page.waitForSelector('#system-denied');
    await page.context().close();
  },

  async 'an administrator locks an account with a reason, and the person is out'() {
    const other = await sit('auditor', 'lines', { ready: '#lines-panel tbody tr[data-line]' });
    const page = await sit('admin', 'users', { ready: '[data-user=auditor]' });
    assert.match(await text(page, '[data-user=auditor]'), /аудитор[\s\S]*открыт[\s\S]*1 сеанс/);
    assert.equal(await page.locator('[data-user=admin] [data-act=lock]').count(), 0, 'an administrator may lock himself out');
    await page.click('[data-user=auditor] [data-act=lock]');
    await page.fill('#user-act [name=reason]', 'сменил работу');
    await page.fill('#user-act [name=password]', 'не тот');
    await page.click('#user-do');
    await page.locator('#user-failed', { hasText: 'Пароль неверен' }).waitFor();
    await page.fill('#user-act [name=password]', password);
    await page.click('#user-do');
    await page.locator('[data-user=auditor]', { hasText: 'заблокирован' }).waitFor();
    assert.equal((await other.request.get(`${url}/api/v1/audit`)).status(), 401, 'a locked person reads on');
    await page.click('[data-user=auditor] [data-act=unlock]');
    await page.fill('#user-act [name=reason]', 'по ошибке');
    await page.fill('#user-act [name=password]', password);
    await page.click('#user-do');
    await page.locator('[data-user=auditor]', { hasText: 'открыт' }).waitFor();
    const audit = await (await page.request.get(`${url}/api/v1/audit?kind=account.`)).json();
    assert.deepEqual(audit.records.map((r) => [r.kind, r.actor, r.subject, r.text]), [
      ['account.enabled', 'admin', 'auditor', 'по ошибке'], ['account.disabled', 'admin', 'auditor', 'сменил работу'],
    ]);
    await other.context().close();
    await page.context().close();
  },

  async 'three languages, both themes, a phone, a keyboard'() {
    for (const [lang, theme] of [['ru', 'light'], ['kk', 'dark'], ['en', 'light']]) {
      const page = await sit('admin', '', { lang, theme, ready: '#meters-panel tbody tr[data-meter]' });
      for (const [tab, ready] of [['meters', '#meters-panel tbody tr'], ['lines', '#lines-panel tbody tr'], ['stores', '#clock-panel'], ['config', '#versions'], ['backup', '#backup-panel dl'], ['users', '[data-user]']]) {
        await page.click(`[data-tab=${tab}]`);
        await page.waitForSelector(ready);
        assert.deepEqual(await keys(page), [], `untranslated in ${lang}, ${tab}`);
        assert.deepEqual(await nameless(page), [], tab);
        assert.deepEqual(await faint(page, '#system'), [], `faint in ${theme}, ${tab}`);
        await shot(page, `system-${tab}-${lang}-${theme}`);
      }
      await page.context().close();
    }
    const phone = await sit('admin', '', { viewport: { width: 360, height: 740 }, ready: '#meters-panel tbody tr[data-meter]' });
    for (const tab of ['meters', 'lines', 'stores', 'config', 'backup', 'users']) {
      await phone.click(`[data-tab=${tab}]`);
      await phone.waitForSelector(`[data-tab=${tab}][aria-current=page]`);
      await phone.waitForSelector('#system section.panel h2');
      assert.equal(await tooWide(phone), 0, `the view is wider than the phone: ${tab}`);
      await shot(phone, `system-${tab}-phone`);
    }
    await phone.context().close();
  },
};

await play(stories);
