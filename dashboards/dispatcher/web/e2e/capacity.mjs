// Drives the view of technical conditions in Chromium over the invented zone
// (internal/devserver), whose office has every class and a case at every stage.
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/capacity.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { bare, nameless, open, play, text as written, tooWide, url } from './stage.mjs';

const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png` });
const password = 'трое в лодке'; // of all persons of the invented zone

/** sit opens a view of capacity for a person; without a name for somebody who has not signed in. */
async function sit(name, { tab = '', ready = '.capacity .panel', ...options } = {}) {
  return open({ ...options, at: '/?view=capacity' + tab, ready, prepare: async (p) => {
    if (!name) return;
    const answer = await p.request.post(`${url}/api/v1/login`, { data: { name, password } });
    assert.equal(answer.status(), 200, `${name} cannot sign in`);
  } });
}

/** text is what is written somewhere, with plain spaces. */
const text = async (page, selector) => (await written(page, selector)).replaceAll(/[\u00a0\u202f]/g, ' ');
const fact = (page, name) => text(page, `[data-fact=${name}] dd`);
const dev = (what) => fetch(`${url}/dev/office?${what}`, { method: 'POST' });
const names = (page) => page.locator('#conditions tbody th').allInnerTexts();
const caseAt = async (page, stage) => (await (await page.request.get(`${url}/api/v1/cases`)).json()).cases.find((c) => c.stage === stage && !c.paused);
const caseTab = (c) => `&tab=cases&case=${encodeURIComponent(c.id)}`;

/** step fills in a step of the open case and hands it in. */
async function step(page, kind, { document = `№ ${kind}`, basis = 'п. 4.2 договора', fill } = {}) {
  await page.click(`#steps [data-step=${kind}]`);
  await page.waitForSelector(`#step[data-kind=${kind}]`);
  await page.fill('#step-document', document);
  await page.fill('#step-basis', basis);
  await fill?.(page);
  await page.click('#step-go');
}

/** signed has a draft of a step signed by another person on his own page. */
async function signed(page, kind) {
  const item = page.locator(`#drafts [data-draft][data-kind="${kind}"]`);
  await item.locator('[data-do=sign]').click();
  await item.waitFor({ state: 'detached' });
}

const stories = {
  async 'the first view loads nothing for it, and the view one language'() {
    const page = await open();
    const loaded = () => page.evaluate(() => performance.getEntriesByType('resource').map((r) => r.name.split('/').pop()).filter((n) => /^capacity/.test(n)));
    assert.deepEqual(await loaded(), []);
    await page.click('[data-view=capacity]');
    await page.waitForSelector('#conditions tbody tr[data-resident]');
    assert.deepEqual((await loaded()).sort(), ['capacity.css', 'capacity.js', 'capacity.ru.json']);
    await page.click('[data-lang=kk]');
    await page.waitForFunction(() => document.querySelector('#conditions-title')?.textContent.startsWith('Техшарттар'));
    assert.ok((await loaded()).includes('capacity.kk.json'));
    await page.context().close();
  },

  async 'the table: megawatts on paper, needed and returnable, every class by shape and letter'() {
    const page = await sit('');
    await page.waitForSelector('#conditions tbody tr[data-resident]');
    assert.match(await text(page, '#capacity-totals'), /На бумаге\s+\d+,\d МВт\s+Нужно\s+\d+,\d МВт\s+Можно вернуть\s+\d+,\d МВт\s+Не оценено\s+\d+,\d МВт/);
    const shown = await page.locator('#conditions tbody [data-class] .cap-class i').allInnerTexts();
    assert.deepEqual([...new Set(shown)].sort(), ['?Н', '▲В', '○П', '●Д', '◇О', '◑И', '◔М'].sort());
    const row = page.locator('#conditions tr[data-class=OVERRESERVED]').first();
    assert.match(await row.locator('[role=img]').getAttribute('aria-label'), /Нужно 65\s%: .* из .*; оставить /);
    assert.equal(await row.locator('.armour').count(), 1, 'the retained part is marked');
    assert.equal(await page.locator('#conditions tr[data-class=INSUFFICIENT] [role=img]').count(), 0, 'a use is drawn that is not known');
    assert.match(await page.locator('#conditions tr[data-class=INSUFFICIENT]').first().innerText(), /не известно[\s\S]*данных мало\s+—\s+—\s+72/);
    assert.match(await text(page, '#by-node'), /ПС «Индустриальная»\s+28 техусловий[\s\S]*Ф-11/);
    assert.deepEqual(await nameless(page), []);
    assert.match(await text(page, '.cap-hindered'), /войдите/);
    await shot(page, 'capacity');
    await page.context().close();
  },

  async 'the order changes on request alone, and filters say how many are left'() {
    const page = await sit('');
    await page.waitForSelector('#conditions tbody tr[data-resident]');
    const first = await names(page);
    await page.click('[data-sort=reclaim]');
    const most = await page.locator('#conditions td.strong').allInnerTexts();
    const figures = most.map((x) => (x === '—' ? -1 : Number(x.replaceAll(/\s/g, '').replace(',', '.'))));
    assert.deepEqual(figures, [...figures].sort((a, b) => b - a));
    assert.equal(await page.locator('th[aria-sort=descending]').count(), 1);
    await page.click('[data-sort=reclaim]');
    await page.click('[data-sort=reclaim]');
    assert.deepEqual(await names(page), first, 'a third click gives the order of the site back');
    await page.click('.cap-classes [data-class=IDLE]');
    assert.equal(await page.locator('#conditions tbody tr').count(), await page.locator('#conditions tr[data-class=IDLE]').count());
    assert.match(page.url(), /class=IDLE/);
    await page.click('.cap-classes [data-class=IDLE]');
    await page.selectOption('#at-node', { label: 'Ф-12' });
    assert.ok((await page.locator('#conditions tbody td:nth-child(2)').allInnerTexts()).every((x) => x === 'Ф-12'));
    await page.selectOption('#at-node', '');
    await page.fill('#find-condition', 'керам');
    assert.match(await text(page, '#conditions-title'), /4 техусловия/);
    await page.fill('#find-condition', 'нет таких');
    assert.match(await text(page, '#conditions'), /Ничего не подходит/);
    await page.context().close();
  },

  async 'what is shown goes into a file, and the season into a report'() {
    const page = await sit('');
    await page.fill('#find-condition', 'ЦОД-1');
    const taken = async (id) => {
      const [file] = await Promise.all([page.waitForEvent('download'), page.click(id)]);
      return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
    };
    const csv = await taken('#export-csv');
    assert.match(csv.name, /^tu-\d{4}-\d\d-\d\d\.csv$/);
    assert.match(csv.bytes.toString('utf8'), /^\ufeff"Резидент";"Узел";"Техусловия, кВт"[^\n]*\r\n"ЦОД-1";"Ф-11";2700;1760;0,65\d*;"с избытком";2024;650;0,991;/);
    const xlsx = await taken('#export-xlsx');
    assert.deepEqual([...xlsx.bytes.subarray(0, 4)], [0x50, 0x4b, 3, 4]);
    assert.match(xlsx.bytes.toString('utf8'), /<c><v>2700<\/v><\/c>/);
    for (const lang of ['ru', 'kk', 'en']) {
      const link = await page.getAttribute(`[data-paper=season-${lang}-html]`, 'href');
      const answer = await page.request.get(url + link);
      assert.equal(answer.status(), 200, link);
      assert.match(await answer.text(), { ru: /Отчёт сезона/, kk: /Маусым есебі/, en: /Report of the season/ }[lang]);
    }
    await page.context().close();
  },

  async 'one use: the curve, ten highest days, the arithmetic, the hash'() {
    const page = await sit('');
    await page.fill('#find-condition', 'ЦОД-1');
    await page.click('#conditions tbody a');
    await page.waitForSelector('#curve svg');
    assert.match(await page.getAttribute('#curve svg', 'aria-label'), /Кривая продолжительности: наибольшая [\d\s,]+кВт/);
    assert.deepEqual((await page.locator('#curve .level text').allTextContents()).map((x) => x.replaceAll(/\s/g, ' ')), ['техусловия 2 700', 'оставить 2 024', 'нужно 1 760']);
    assert.equal(await page.locator('#maxima .cap-dot').count(), 10);
    assert.equal(await page.locator('#maxima .cap-dot.tenth').count(), 1);
    assert.match(await text(page, '#arithmetic'), /Нужно с запасом\s+2 024\s+[\s\S]*Можно вернуть\s+650/);
    assert.match(await text(page, '#evidence'), /^[0-9a-f]{64}$/);
    const months = await page.locator('#known .cap-months li').evaluateAll((list) => list.map((e) => e.dataset.month));
    assert.ok(months.length >= 12 && months.length <= 13, `a year touches ${months.length} months`); // 12 if it ends with one
    assert.deepEqual(months, [...new Set(months)].sort());
    await page.click('#numbers summary');
    assert.match(await text(page, '#numbers'), /Коэффициент заполнения\s+0,463[\s\S]*Высшие дни/);
    assert.deepEqual(await nameless(page), []);
    await shot(page, 'capacity-use');
    await page.goto(`${url}/?view=capacity&resident=nobody&node=f1`);
    await page.waitForSelector('#use .failed');
    assert.match(await text(page, '#use .failed'), /nobody at f1/);
    await page.context().close();
  },

  async 'cases are shut to those who only look, and say so'() {
    const page = await sit('', { tab: '&tab=cases', ready: '#cases-shut' });
    assert.match(await text(page, '#cases-shut'), /тем, кто вошёл/);
    await page.context().close();
    const viewer = await sit('viewer', { tab: '&tab=cases', ready: '#cases-shut' });
    assert.match(await text(viewer, '#cases-shut'), /инженеру, администратору и аудитору/);
    await viewer.context().close();
    const auditor = await sit('auditor', { tab: '&tab=cases', ready: '#cases .cap-card' });
    await auditor.click('[data-stage=NOTICE] .cap-card a');
    await auditor.waitForSelector('#steps');
    assert.equal(await auditor.locator('#steps button, [data-do]').count(), 0, 'who audits acts');
    assert.match(await text(auditor, '.cap-hindered'), /роль «аудитор» здесь только смотрит/);
    await auditor.context().close();
  },

  async 'the board: every stage with its clock'() {
    const page = await sit('engineer', { tab: '&tab=cases', ready: '#cases .cap-card' });
    assert.match(await text(page, '#cases [data-stage=NOTICE]'), /осталось? \d+ д[\s\S]*часы стоят: спор/);
    assert.match(await text(page, '#cases [data-stage=SANCTION]'), /▲ срок вышел \d\d\.\d\d\.\d{4}/);
    assert.match(await text(page, '#cases [data-stage=RETURN]'), /✗\s+не хватает\s+реестр\s+✗\s+не хватает\s+договор\s+✗\s+не хватает\s+предел/);
    assert.match(await text(page, '.cap-ended'), /Закрыто/);
    await page.click('[data-stage=WARNING] .cap-card a');
    await page.waitForSelector('#case .cap-plan');
    assert.match(await text(page, '#case .cap-plan'), /✓ пуск второй линии[\s\S]*✗ загрузка 60 %[\s\S]*пропущена[\s\S]*○ загрузка 80 %/);
    assert.equal(await text(page, '#case [aria-current=step]'), '3 Предупреждение');
    assert.match(await text(page, '#papers'), /Доказательство\s+текст\s+Уведомление\s+RU\s+xlsx\s+KK\s+xlsx/);
    assert.deepEqual(await nameless(page), []);
    await shot(page, 'capacity-case');
    await page.context().close();
  },

  async 'the case of one resident, from its finding to the pool, in two hands'() {
    const [first, second] = [await sit('engineer'), await sit('admin', { tab: '&tab=pool', ready: '#pool-nodes' })];
    await second.waitForSelector('#pool [data-account=free_w]');
    const before = await text(second, '[data-account=free_w] b');
    await first.fill('#find-condition', 'Логистика-2');
    await first.click('#conditions tbody a');
    await first.waitForSelector('#take');
    assert.match(await text(first, '#take button'), /Взять в работу: вернуть 300 кВт/);
    await first.fill('#take-document', 'заключение № 12');
    await first.click('#take button');
    await first.waitForSelector('#case[data-stage=FINDING]');
    const id = /ТУ-\d{4}-\d{3}/.exec(await text(first, '#case-title'))[0];

    await step(first, 'notice', { document: 'уведомление № 7 от 30.11.2026' });
    const draft = '#drafts [data-kind=notice]';
    await first.waitForSelector(draft);
    assert.match(await text(first, draft), /Вручить уведомление[\s\S]*уведомление № 7 от 30\.11\.2026 · п\. 4\.2 договора[\s\S]*вы автор: подписывает другой/);
    assert.equal(await first.locator(`${draft} [data-do=sign]`).count(), 0, 'the author may sign');
    assert.equal(await first.locator('#case[data-stage=FINDING]').count(), 1, 'a draft has moved the case');
    await second.goto(`${url}/?view=capacity${caseTab({ id })}`);
    await second.waitForSelector(draft);
    await signed(second, 'notice');
    await second.waitForSelector('#case[data-stage=NOTICE]');
    assert.match(await text(second, '#events'), /Уведомление вручено[\s\S]*подготовил engineer, подписал admin/);
    assert.match(await fact(second, 'clock'), /осталось 30 дней/);

    await step(first, 'offer', { fill: (p) => p.fill('#step-volume', '300') });
    await second.waitForSelector('#drafts [data-kind=offer]');
    assert.match(await text(second, '#drafts [data-kind=offer]'), /вернуть 300 кВт/);
    await signed(second, 'offer');
    await second.waitForSelector('#case[data-stage=RETURN]');
    assert.match(await text(second, '#case'), /преимущественное право на ту же мощность 24 месяца/);
    assert.equal(await second.locator('#case .skipped').count(), 2, 'warning and sanction were passed by');

    // The limit waits for the balancer, and all reasons are told.
    await step(second, 'limit');
    await second.waitForSelector('#step-trouble li');
    assert.match(await text(second, '#step-trouble'), /the balancer still shares by 350 kW, and 50 kW have to remain[\s\S]*when the balancer itself reports it/);
    await second.click('#step .button:not(.strong)');
    for (const kind of ['register', 'contract', 'limit']) {
      if (kind === 'limit') await second.waitForFunction(() => /сообщает 50\sкВт: то, что должно остаться/.test(document.querySelector('#case').textContent));
      await step(second, kind);
      await first.waitForSelector(`#drafts [data-kind=${kind}]`);
      await signed(first, kind);
    }
    await second.waitForSelector('#case[data-stage=RETURNED]');
    assert.match(await text(second, '#steps'), /Возврат завершён: реестр, договор и предел говорят одно и то же/);
    for (const lang of ['ru', 'kk']) {
      const link = await second.getAttribute(`[data-paper=act-${lang}-html]`, 'href');
      assert.match(await (await second.request.get(url + link)).text(), lang === 'ru' ? /Акт о возврате/ : /ә ғ қ ң ө ұ ү һ і/);
    }
    await second.click('[data-tab=pool]');
    await second.waitForSelector('#pool [data-account=free_w]');
    const after = await text(second, '[data-account=free_w] b');
    assert.equal((Number(after.replace(',', '.')) - Number(before.replace(',', '.'))).toFixed(2), '0.30', `the pool had ${before}, and has ${after}`);
    assert.match(await text(second, '#postings'), /гарантированная Логистика-2, Ф-11 → пул, Ф-11: 300\sкВт, \d\d\.\d\d\.\d{4}/);
    for (const p of [first, second]) await p.context().close();
  },

  async 'a plan with milestones, measures and a dispute; a draft is dropped with a reason'() {
    const page = await sit('engineer');
    const c = await caseAt(page, 'SANCTION');
    await page.goto(`${url}/?view=capacity${caseTab(c)}`);
    await page.waitForSelector('#steps [data-step=terminate]');
    await step(page, 'dispute', { document: 'возражение от 28.11.2026' });
    await page.waitForSelector('#drafts [data-kind=dispute]');
    await page.click('#drafts [data-kind=dispute] [data-do=drop]');
    await page.fill('#drafts [data-why]', 'возражение отозвано');
    await page.click('#drafts form button');
    await page.waitForSelector('#drafts', { state: 'detached' });
    await page.click('[data-step=suspend]');
    await page.selectOption('#step-cause', 'zone');
    await page.fill('#step-document', 'приказ № 3');
    await page.click('#step-go');
    await page.waitForFunction(() => /часы стоят: задержка по вине зоны/.test(document.querySelector('#case').textContent));
    await step(page, 'resume', { fill: (p) => p.selectOption('#step-cause', 'zone') });
    await page.waitForFunction(() => !/часы стоят/.test(document.querySelector('#case .cap-clock').textContent));
    await page.context().close();
  },

  async 'the pool: the tree, what binds, an application that becomes a reservation'() {
    const first = await sit('engineer', { tab: '&tab=pool', ready: '#pool-nodes tbody tr' });
    assert.match(await text(first, '#pool'), /Не роздано\s+1,85 МВт[\s\S]*Удержано в споре\s+\d,\d\d МВт/);
    assert.match(await text(first, '#pool-nodes'), /ПС «Индустриальная»[\s\S]*Ф-11[\s\S]*▲ выше предела на/);
    await first.click('#pool-nodes tr[data-node=f2] button');
    assert.match(await text(first, '.cap-opened'), /В пуле\s+350 кВт/);
    assert.match(await text(first, '[data-application="З-2026-902"]'), /◆ зарезервировано до \d\d\.\d\d\.\d{4} · остал\S+ \d+ д[\s\S]*Баллы: 61 jobs: 25/);
    const mine = '[data-application="З-2026-901"]';
    await first.click(`${mine} [data-do="application.reserve"]`);
    await first.fill(`${mine} [data-document]`, 'заявление № 5');
    assert.equal(await first.locator(`${mine} [data-basis]:invalid`).count(), 1, 'two sign without a basis');
    await first.fill(`${mine} [data-basis]`, 'п. 3.1 положения о пуле');
    await first.click(`${mine} form .strong`);
    await first.waitForSelector('#drafts [data-kind="application.reserve"]');
    const second = await sit('admin', { tab: '&tab=pool', ready: '#drafts [data-draft]' });
    await signed(second, 'application.reserve');
    await second.waitForSelector(`${mine}[data-status=reserved]`);
    assert.deepEqual(await nameless(second), []);
    await shot(second, 'capacity-pool');
    for (const p of [first, second]) await p.context().close();
  },

  async 'a newcomer: how far the answer is, the answer, what would unlock it, the application'() {
    const page = await sit('engineer', { tab: '&tab=hosting', ready: '#hosting-node' });
    await page.waitForSelector('#hosting-node option[value=f1]', { state: 'attached' });
    await page.selectOption('#hosting-node', 'f1');
    await page.fill('#hosting-mw', '4,0');
    await page.selectOption('#hosting-profile', 'two-shifts');
    await page.click('#hosting-ask');
    await page.waitForFunction(() => document.querySelector('#hosting-progress')?.value > 0.2);
    await page.waitForSelector('#answer[data-verdict=non-firm]');
    assert.match(await text(page, '#answer'), /◐ Да, но с ограничениями Гарантированы 3,5 МВт; остальные 0,5 МВт можно ограничивать\.[\s\S]*Ждать ограничений: 38 ч в год, 41 МВт·ч \(0,5 % энергии\), в один год из двадцати 96 МВт·ч\. Худший месяц: январь\./);
    assert.equal(await page.locator('#promised svg').count(), 4);
    assert.match(await text(page, '#promised [data-scenario=base]'), /По плану с 01\.\d\d\.\d{4}/);
    assert.match(await text(page, '#unlock'), /предел 11,35 МВт[\s\S]*возврат[\s\S]*ЦОД-1/);
    assert.match(await text(page, '#risks'), /3,1 %/);
    assert.match(page.url(), /at=f1&mw=4(%2C|,)0/, 'the question stands in the address');
    await shot(page, 'capacity-hosting');
    await page.click('#apply');
    await page.fill('#apply-name', 'Пластик-12');
    await page.fill('[data-stated=jobs]', '40');
    await page.fill('#apply-document', 'заявление № 8');
    assert.equal(await page.locator('#apply-basis:invalid').count(), 1, 'a reservation without a basis');
    await page.uncheck('#apply-reserve');
    assert.equal(await page.locator('#apply-basis').count(), 0);
    await page.check('#apply-reserve');
    await page.fill('#apply-basis', 'п. 3.1 положения о пуле');
    const refuse = (route) => (route.request().postDataJSON().kind === 'application.reserve' ? route.fulfill({ status: 422, json: { title: 'Unprocessable Entity', status: 422, detail: 'this cannot be done' } }) : route.continue());
    await page.route('**/api/v1/actions', refuse);
    await page.click('#apply-go');
    await page.waitForSelector('#apply-trouble');
    await page.unroute('**/api/v1/actions', refuse);
    await page.click('#apply-go');
    await page.waitForSelector('#applications li:has-text("Пластик-12")');
    assert.equal(await page.locator('#applications li:has-text("Пластик-12")').count(), 1, 'entered again because its reservation was refused');
    await page.waitForSelector('#drafts [data-kind="application.reserve"]');
    await page.context().close();
    const again = await sit('', { tab: '&tab=hosting&at=f1&mw=3', ready: '#answer[data-verdict=firm]' });
    assert.equal(await again.locator('#apply').count(), 0, 'who only looks may apply');
    await again.fill('#hosting-mw', '9000');
    await again.click('#hosting-ask');
    await again.waitForSelector('#hosting-trouble');
    assert.match(await text(again, '#hosting-trouble'), /query\.mw.*1000/);
    await again.context().close();
  },

  async 'what cannot be read now says so, and what was known stays marked as such'() {
    const page = await sit('engineer', { tab: '&tab=pool', ready: '#pool-nodes tbody tr' });
    await dev('silent=true');
    await page.click('[data-tab=register]');
    await page.waitForSelector('#register .failed');
    assert.match(await text(page, '#register .failed'), /Не получено: /);
    await dev('silent=false');
    await page.click('[data-tab=table]');
    await page.waitForSelector('#conditions tbody tr[data-resident]');
    await page.context().close();
  },

  async 'three languages, no missing message, in light and dark'() {
    const words = new Set();
    for (const lang of ['ru', 'kk', 'en']) {
      const theme = lang === 'kk' ? 'dark' : 'light';
      const page = await sit('engineer', { lang, theme, ready: '#conditions tbody tr[data-resident]' });
      words.add(await text(page, '#conditions-title'));
      const look = async (at, ready, name) => {
        await page.goto(`${url}/?view=capacity${at}`);
        await page.waitForSelector(ready);
        assert.deepEqual(await bare(page), [], `${name} in ${lang}`);
        assert.equal(await tooWide(page), 0, `${name} is too wide in ${lang}`);
        await shot(page, `capacity-${name}-${lang}-${theme}`);
      };
      await look('', '#by-node', 'table');
      await look('&resident=r-02&node=f1', '#curve svg', 'use');
      await page.click('#numbers summary');
      assert.deepEqual(await bare(page), [], `figures in ${lang}`);
      await look('&tab=cases', '#cases .cap-card', 'cases');
      for (const stage of ['FINDING', 'NOTICE', 'WARNING', 'SANCTION', 'RETURN']) {
        const c = await caseAt(page, stage);
        await look(caseTab(c), '#steps [data-step]', `case-${stage.toLowerCase()}`);
        for (const button of await page.locator('#steps [data-step]').all()) {
          await button.click();
          assert.deepEqual(await bare(page), [], `a step of ${stage} in ${lang}`);
        }
      }
      await look('&tab=pool', '#postings tbody tr', 'pool');
      await look('&tab=register', '#register tbody tr', 'register');
      await look('&tab=hosting&at=f1&mw=4', '#answer', 'hosting');
      if (lang === 'kk') assert.match(await page.evaluate(() => document.body.innerText), /[әғқңөұүһі]/i);
      await page.context().close();
    }
    assert.equal(words.size, 3);
  },

  async 'fits a phone, and the keyboard reaches everything'() {
    const page = await sit('engineer', { viewport: { width: 360, height: 740 }, theme: 'dark', ready: '#conditions tbody tr[data-resident]' });
    for (const at of ['', '&resident=r-02&node=f1', '&tab=cases', caseTab(await caseAt(page, 'RETURN')), '&tab=pool', '&tab=register', '&tab=hosting&at=f1&mw=4']) {
      await page.goto(`${url}/?view=capacity${at}`);
      await page.waitForSelector('.capacity .panel');
      if (at.includes('hosting')) await page.waitForSelector('#answer');
      else await page.waitForFunction(() => !document.querySelector('.capacity .empty:not(.failed)')?.textContent.includes('загрузка'));
      assert.equal(await tooWide(page), 0, `${at || 'the table'} is wider than a phone`);
      assert.deepEqual(await nameless(page), [], at);
    }
    await shot(page, 'capacity-phone');
    await page.setViewportSize({ width: 1366, height: 768 });
    await page.goto(`${url}/?view=capacity`);
    await page.waitForSelector('#conditions tbody tr[data-resident]');
    await page.locator('[data-sort=need]').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('th[aria-sort=descending] [data-sort=need]');
    await page.locator('#conditions tbody a').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('#curve svg');
    await page.goBack();
    await page.waitForSelector('#conditions');
    await page.context().close();
  },
};

await play(stories);
