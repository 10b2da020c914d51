// Drives the view of control in Chromium over the invented zone (internal/devserver),
// whose balancer proposes, obeys and refuses, and can be silenced.
//
//   ASUE_URL=http://127.0.0.1:8090 node e2e/control.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { bare, nameless, open, play, text, tooWide, url } from './stage.mjs';

const view = { at: '/?view=control', ready: '#actuators tbody tr[data-actuator]' };
const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png` });

/** sit opens the view for a person; without a name for somebody who has not signed in. */
async function sit(name, options = {}) {
  const page = await open({ ...view, ...options, prepare: async (p) => {
    if (name) await signIn(p, name);
    await options.prepare?.(p);
  } });
  await page.waitForFunction((known) => document.querySelector('#hindered')?.hidden === known, !!name);
  return page;
}

const password = 'трое в лодке'; // of all persons of the invented zone

async function signIn(page, name) {
  const answer = await page.request.post(`${url}/api/v1/login`, { data: { name, password } });
  assert.equal(answer.status(), 200, `${name} cannot sign in`);
}

/** dev does something to the zone that no program offers: the balancer falls silent, or the clock of people goes on. */
const dev = (what) => fetch(`${url}/dev/${what}`, { method: 'POST' });

/** ground fills in on whose word an order is given, where it is asked for, and why. */
async function ground(page, reason) {
  await page.fill('#order-reason', reason);
  if (!(await page.locator('#order-number').count())) return;
  await page.fill('#order-number', '21');
  await page.fill('#order-from', 'Ким А., диспетчер Энергосистемы');
}

/** feeder is the number that the open dialog asks for. */
const feeder = async (page) => /Наберите номер присоединения: (\S+)|Type the number of the feeder: (\S+)/.exec(await text(page, '#order')).slice(1).find(Boolean);

/** order goes through both steps of the open dialog; the feeder's number is typed where it is asked for. */
async function order(page, reason) {
  await page.waitForSelector('#order[open][data-step=fill]');
  if (reason) await ground(page, reason);
  await page.click('#order-next');
  await page.waitForSelector('#order[data-step=check]');
  if (await page.locator('#order-code').count()) await page.fill('#order-code', await feeder(page));
  await page.click('#order-go');
  await page.waitForSelector('#order[data-step=done]');
}

const result = (page, want) => page.waitForSelector(`#order-result[data-result=${want}]`);
const proposal = (persons) => `[data-proposal][data-persons="${persons}"]`;

const stories = {
  async 'every view says what may act, and the first view loads nothing for it'() {
    const page = await open();
    assert.match(await text(page, '#bar-mode'), /подтверждение/);
    assert.match(await text(page, '#control-bar'), /Снято\s+\d[\s\S]*Можно снять ещё\s+\d[\s\S]*отчёт \d/);
    const loaded = () => page.evaluate(() => performance.getEntriesByType('resource').some((r) => /control\.js/.test(r.name)));
    assert.equal(await loaded(), false);
    await page.click('#control-bar .waiting');
    await page.waitForSelector('#proposals li');
    assert.equal(await loaded(), true);
    await page.context().close();
  },

  async 'who has not signed in may look, and is told why no more'() {
    const page = await sit('');
    assert.match(await text(page, '#hindered'), /войдите под своим именем/);
    const open = await page.locator('[data-order]:enabled').count();
    assert.equal(open, 0, `${open} orders can be given by nobody`);
    assert.match(await text(page, '#stop-hindered'), /войдите/);
    assert.match(await text(page, '#journal'), /открыт не всем/);
    await page.context().close();
  },

  async 'a proposal is confirmed in two steps, and its load seen to go'() {
    const page = await sit('dispatcher-1');
    const item = page.locator(proposal(1)).first();
    const id = await item.getAttribute('data-proposal');
    assert.match(await item.innerText(), /Отключить ступень — .*: ступень[\s\S]*эффект \d[\s\S]*осталось 00:\d\d/);
    await item.locator('[data-order=confirm]').click();
    await page.waitForSelector('#order[open]');
    const actuator = /\(ступень (a-\d\d)\)/.exec(await text(page, '#order'))[1];
    assert.equal(await page.locator('#order-next').isDisabled(), true, 'without a reason there is no second step');
    await page.fill('#order-reason', 'пик');
    assert.equal(await page.locator('#order-next').isDisabled(), true, 'without the instruction there is no second step');
    await ground(page, 'пик');
    const next = await page.locator('#order-next').boundingBox();
    await page.click('#order-next');
    await page.waitForSelector('#order[data-step=check]');
    const go = await page.locator('#order-go').boundingBox();
    assert.ok(go.x > next.x + next.width || go.x + go.width < next.x, 'the second step is done in another place');
    assert.match(await text(page, '#order'), /№ 21, Ким А., диспетчер Энергосистемы: пик[\s\S]*ещё (30|2\d) с/);
    assert.match(await text(page, '#interlocks'), /отчёт балансировщика свежий[\s\S]*режим позволяет команды[\s\S]*устройство исправно и свободно[\s\S]*бронь соблюдается/);
    assert.equal(await page.locator('#interlocks [data-state=clear]').count(), await page.locator('#interlocks li').count());
    assert.match(await text(page, '#order'), /Останется\s+\d/);
    // Who comes now finds the object taken.
    const late = await sit('dispatcher-2');
    await late.locator(`[data-proposal=${id}] [data-order=confirm][disabled][title="выбрано: dispatcher-1"]`).waitFor();
    await late.locator(`tr[data-actuator=${actuator}] [data-order=exclude][disabled]`).waitFor();
    await late.context().close();
    assert.equal(await page.locator('#order-go').isDisabled(), true, 'the number of the feeder is not typed');
    await page.fill('#order-code', '99');
    assert.equal(await page.locator('#order-go').isDisabled(), true, 'another number is typed');
    await page.fill('#order-code', (await feeder(page)).replace('Ф-', ''));
    await shot(page, 'order');
    await page.click('#order-go');
    await result(page, 'accepted');
    await page.locator('#order-result[data-feedback=done] [data-shown=done]').waitFor();
    assert.match(await text(page, '#order-result'), /Подтверждено телеметрией/);
    await page.waitForFunction(() => /отключено/.test(document.querySelector('#order-state')?.textContent ?? ''));
    await page.click('#order-close');
    assert.equal(await page.locator(`[data-proposal=${id}]`).count(), 0, 'the proposal is still there');
    await page.waitForSelector(`tr[data-actuator=${actuator}][data-state=shed]`);
    assert.match(await text(page, '#answers li[data-accepted=true]'), /принято Подтвердить dispatcher-1[\s\S]*пик[\s\S]*Подтверждено телеметрией/);
    await page.waitForSelector('#journal tbody tr');
    assert.match(await text(page, '#journal'), /dispatcher-1\s+передано балансировщику\s+Подтвердить/, 'who runs the shift reads the journal');
    const auditor = await open({ ...view, prepare: (p) => signIn(p, 'auditor') });
    await auditor.waitForSelector('#journal tbody tr');
    assert.match(await text(auditor, '#journal'), /dispatcher-1\s+передано балансировщику\s+Подтвердить\s+№ 21, Ким А\., диспетчер Энергосистемы: пик/);
    assert.match(await text(auditor, '#hindered'), /роль «аудитор» не даёт/);
    assert.equal(await auditor.locator('[data-order]:enabled').count(), 0);
    await auditor.context().close();
    // And it is asked back.
    await page.locator(`tr[data-actuator=${actuator}] [data-order=restore]`).click();
    await order(page, 'пик прошёл');
    await result(page, 'accepted');
    await page.waitForSelector(`tr[data-actuator=${actuator}][data-state=served]`);
    await page.context().close();
  },

  async 'a breaker needs two persons, and its number typed'() {
    const first = await sit('dispatcher-1');
    const item = first.locator(proposal(2)).first();
    assert.match(await item.innerText(), /Отключить выключатель[\s\S]*нужны 2 человека\. Пока никто не подтвердил/);
    await item.locator('[data-order=confirm]').click();
    await first.waitForSelector('#order[open]');
    await ground(first, 'иначе лимит');
    await first.click('#order-next');
    await first.waitForSelector('#order-code');
    assert.equal(await first.locator('#order-go').isDisabled(), true, 'the number is not typed');
    await first.fill('#order-code', 'a-99');
    assert.equal(await first.locator('#order-go').isDisabled(), true, 'another number is typed');
    await first.fill('#order-code', await feeder(first));
    await first.click('#order-go');
    await result(first, 'waiting');
    assert.match(await text(first, '#order-result'), /Нужен второй человек[\s\S]*dispatcher-1/);

    const second = await sit('dispatcher-2');
    await second.waitForSelector('#waiting [data-pending]');
    assert.match(await text(second, '#waiting [data-pending]'), /Подтвердить[\s\S]*иначе лимит[\s\S]*Подтвердили: dispatcher-1/);
    assert.match(await second.locator(proposal(2)).first().innerText(), /Подтвердили: dispatcher-1/);
    await second.locator(`${proposal(2)} [data-order=approve]`).first().click();
    await second.waitForSelector('#order[open]');
    assert.match(await text(second, '#order'), /Дал\s+dispatcher-1[\s\S]*иначе лимит/);
    await order(second, '');
    await result(second, 'accepted');
    await result(first, 'accepted'); // the first person sees it too
    await first.waitForFunction(() => /отключено/.test(document.querySelector('#order-state')?.textContent ?? ''));
    assert.match(await text(second, '#answers li[data-accepted=true]'), /dispatcher-1, dispatcher-2/);
    await first.context().close();
    await second.context().close();
  },

  async 'nobody is his own second person'() {
    const page = await sit('dispatcher-1');
    await page.click('.system [data-order=arm]');
    await order(page, 'ночная смена');
    await result(page, 'waiting');
    await page.click('#order-close');
    const item = page.locator('#waiting [data-pending][data-kind=arm]');
    assert.equal(await item.locator('[data-order=approve]').isDisabled(), true);
    assert.match(await item.innerText(), /нужен другой человек/);
    const other = await sit('admin');
    await other.locator('#waiting [data-kind=arm] [data-order=approve]').click();
    await order(other, '');
    await result(other, 'accepted');
    await page.waitForFunction(() => /автомат\s*автоматика вооружена/.test(document.querySelector('#bar-mode').innerText));
    await other.click('#order-close');
    await other.click('.system [data-order=disarm]');
    await order(other, 'смена кончилась');
    await result(other, 'accepted');
    await page.waitForFunction(() => /подтверждение/.test(document.querySelector('#bar-mode').innerText));
    await other.context().close();
    await page.context().close();
  },

  async 'the stop takes two steps from any view, its release two persons'() {
    const page = await open({ prepare: (p) => signIn(p, 'dispatcher-1') });
    await page.waitForSelector('#stop:enabled');
    await page.click('#stop');
    await page.waitForSelector('#order[open][data-kind=kill]');
    assert.match(await text(page, '#order'), /Команды прекращаются в любом режиме/);
    await page.keyboard.press('Escape');
    await page.waitForSelector('#order', { state: 'detached' });
    assert.equal(await page.locator('#control-bar').getAttribute('data-killed'), 'false', 'one click stops nothing');
    await page.click('#stop');
    await order(page, 'работают люди на Ф-11');
    await result(page, 'accepted');
    await page.waitForSelector('#control-bar[data-killed=true] [data-flag=killed]:not([hidden])');
    await page.click('#order-close');
    const view = await sit('dispatcher-2', { lang: 'en', theme: 'dark' });
    assert.equal(await view.locator('[data-proposal]').count(), 0, 'nothing is proposed while control is stopped');
    await shot(view, 'stopped');
    await view.click('#stop');
    await view.waitForSelector('#order[open][data-kind=unkill]');
    await order(view, 'people have left');
    await result(view, 'waiting');
    assert.equal(await view.locator('#control-bar').getAttribute('data-killed'), 'true', 'one person alone has released the stop');
    const second = await sit('engineer');
    await second.locator('#waiting [data-kind=unkill] [data-order=approve]').click();
    await order(second, '');
    await result(second, 'accepted');
    await second.waitForSelector('#control-bar[data-killed=false][data-mode=advisory]');
    await second.click('#order-close');
    // In a mode that only advises it is said what would be done, why, and why it is not.
    await second.locator('#advice li').first().waitFor();
    assert.match(await text(second, '#advice li'), /Отключить ступень — [\s\S]*эффект \d[\s\S]*зона потребляет 29,9\sМВт, ведём к 29,1\sМВт: отключить \d+\sкВт ступенями a-\d\d[\s\S]*Не делает: режим «совет»/);
    assert.equal(await second.locator('#way').getAttribute('data-way'), 'advise');
    assert.equal(await second.locator('[data-proposal]').count(), 0, 'what is advised is proposed, too');
    await shot(second, 'advice');
    await second.click('.system [data-order=mode]');
    await second.waitForSelector('#order[open]');
    await second.selectOption('#order-mode', 'confirm');
    await order(second, 'как было');
    await result(second, 'accepted');
    for (const p of [page, view, second]) await p.context().close();
  },

  async 'a refusal is shown in the words of the balancer'() {
    const page = await sit('engineer');
    await page.locator('#shares tr[data-resident=r-01] [data-order=pin]').click();
    await page.waitForSelector('#order[open]');
    await page.fill('#order-power', '4 200,5');
    await order(page, 'просит резидент');
    await result(page, 'refused');
    assert.match(await text(page, '#order-result'), /Балансировщик отказал[\s\S]*4\.2005 MW: Ф-11 needs 6\.4 MW/);
    await page.click('#order-close');
    assert.match(await text(page, '#answers li[data-accepted=false]'), /отказано Закрепить долю engineer[\s\S]*просит резидент[\s\S]*Ф-11 needs/);
    await page.context().close();
  },

  async 'after five minutes the password is asked again'() {
    const page = await sit('engineer');
    await dev('skip?seconds=301');
    await page.click('.system [data-order=inhibit]');
    await page.waitForSelector('#order[open]');
    await ground(page, 'проверка');
    await page.click('#order-next');
    await page.waitForSelector('#order-password');
    assert.match(await text(page, '#order-trouble'), /пароль ещё раз/);
    await page.fill('#order-password', 'не тот');
    await page.click('#order-next');
    await page.waitForFunction(() => /password is wrong/.test(document.querySelector('#order-trouble')?.textContent ?? ''));
    await page.fill('#order-password', password);
    await page.click('#order-next');
    await page.click('#order-go');
    await result(page, 'accepted');
    await page.click('#order-close');
    await page.locator('#overrides li[data-kind=inhibit] [data-order=release]').click();
    await order(page, 'проверка кончилась');
    await result(page, 'accepted');
    await page.context().close();
  },

  async 'half a minute after it was selected nothing can be executed, and the object is free again'() {
    const page = await sit('dispatcher-1');
    const row = page.locator('#actuators tr[data-kind=setpoint][data-state=served]').first();
    const id = await row.getAttribute('data-actuator');
    await row.locator('[data-order=exclude]').click();
    await page.waitForSelector('#order[open]');
    await ground(page, 'ремонт');
    await page.click('#order-next');
    await page.waitForSelector('#order[data-step=check]');
    await dev('skip?seconds=31'); // by the server's clock the time is over before it is by the page's
    await page.click('#order-go');
    await page.locator('#order-trouble', { hasText: 'select again' }).waitFor();
    assert.equal(await page.locator('#order').getAttribute('data-step'), 'check', 'it was executed all the same');
    await page.getByRole('button', { name: 'Назад' }).click();
    await page.click('#order-next');
    await page.waitForSelector('#order[data-step=check]');
    await page.keyboard.press('Escape'); // lets the object go
    await page.waitForSelector('#order', { state: 'detached' });
    const other = await sit('dispatcher-2');
    await other.locator(`tr[data-actuator=${id}] [data-order=exclude]:enabled`).click();
    await other.waitForSelector('#order[open]');
    await ground(other, 'ремонт');
    await other.click('#order-next');
    await other.waitForSelector('#order[data-step=check]');
    await page.locator(`tr[data-actuator=${id}] [data-order=exclude][disabled]`).waitFor();
    await other.keyboard.press('Escape');
    await page.locator(`tr[data-actuator=${id}] [data-order=exclude]:enabled`).waitFor();
    await other.context().close();
    await page.context().close();
  },

  async 'an order that waits can be withdrawn'() {
    const page = await sit('dispatcher-1');
    await page.click('.system [data-order=arm]');
    await order(page, 'передумаю');
    await result(page, 'waiting');
    await page.click('#order-close');
    await page.locator('#waiting [data-pending] [data-order=withdraw]').click();
    await page.waitForSelector('#waiting [data-pending]', { state: 'detached' });
    await page.context().close();
  },

  async 'what is ordered for a while is listed with who and why, and ends early'() {
    const page = await sit('dispatcher-2');
    const row = page.locator('#actuators tr[data-kind=setpoint][data-state=served]').first();
    const id = await row.getAttribute('data-actuator');
    await row.locator('[data-order=exclude]').click();
    await page.waitForSelector('#order[open]');
    await page.selectOption('#order-hours', '2');
    await order(page, 'ремонт привода');
    await result(page, 'accepted');
    await page.click('#order-close');
    await page.waitForSelector(`tr[data-actuator=${id}][data-state=excluded]`);
    const override = page.locator('#overrides li[data-kind=exclude]');
    assert.match(await override.innerText(), /Вывести из управления[\s\S]*ремонт привода[\s\S]*dispatcher-2[\s\S]*осталось (2:00|1:59)/);
    await override.locator('[data-order=release]').click();
    await order(page, 'привод исправен');
    await result(page, 'accepted');
    await page.click('#order-close');
    await page.waitForSelector('#overrides li[data-kind=exclude]', { state: 'detached' });
    await page.waitForSelector(`tr[data-actuator=${id}][data-state=served]`);
    await page.context().close();
  },

  async 'an old report shuts everything but the stop, and an order without an answer is not taken for done'() {
    const page = await sit('dispatcher-1', { lang: 'en' });
    await dev('silence?on=true');
    await page.click('#stop');
    await order(page, 'silent balancer'); // sent to a balancer that does not hear
    await result(page, 'asking');
    await page.waitForSelector('#control-bar[data-old=true]');
    await result(page, 'unanswered');
    assert.match(await text(page, '#order-result'), /Whether it was carried out is not known/);
    await page.click('#order-close');
    assert.equal(await page.locator('#control-bar').getAttribute('data-killed'), 'false', 'the page took an order for carried out');
    assert.match(await text(page, '#hindered'), /report is old: \d+/);
    const open = await page.locator('[data-order]:enabled').evaluateAll((list) => list.map((b) => b.dataset.order));
    assert.deepEqual(open, ['kill'], 'what can be ordered on an old report');
    assert.match(await text(page, '#report-age'), /✕/);
    const faint = await page.evaluate(() =>
      [...document.querySelectorAll('#control-bar .sum, #actuators tbody, #shares tbody, #overrides li')].every((e) => Number(getComputedStyle(e).opacity) < 0.6));
    assert.ok(faint, 'something of an old report still looks alive');
    await dev('silence?on=false');
    await page.waitForSelector('#control-bar[data-old=false]');
    await page.waitForSelector('.system [data-order=mode]:enabled');
    await page.context().close();
  },

  async 'the second step does not stay open, and a proposal that is gone cannot be confirmed'() {
    const page = await sit('dispatcher-1', { prepare: (p) => p.clock.install() });
    await page.locator('.system [data-order=inhibit]').click();
    await page.waitForSelector('#order[open]');
    await ground(page, 'проверка');
    await page.click('#order-next');
    await page.waitForSelector('#order[data-step=check]');
    for (let i = 0; i < 31; i++) await page.clock.runFor(1000);
    await page.waitForSelector('#order[data-step=fill]');
    assert.match(await text(page, '#order-trouble'), /30 секунд прошли/);
    await page.keyboard.press('Escape');
    await page.context().close();

    const [one, two] = [await sit('dispatcher-1'), await sit('dispatcher-2')];
    for (const p of [one, two]) {
      await p.locator(`${proposal(1)} [data-order=${p === one ? 'reject' : 'confirm'}]`).first().click();
      await p.waitForSelector('#order[open]');
    }
    await order(one, 'не нужно');
    await result(one, 'accepted');
    await two.waitForSelector('#order-trouble');
    assert.match(await text(two, '#order-trouble'), /Предложения больше нет/);
    await ground(two, 'поздно');
    assert.equal(await two.locator('#order-next').isDisabled(), true);
    await one.context().close();
    await two.context().close();
  },

  async 'nothing moves by itself: a second changes text, and rows stay where they are'() {
    const page = await sit('dispatcher-1');
    const rows = () => page.locator('#shares tbody tr, #actuators tbody tr').evaluateAll((l) => l.map((r) => r.dataset.resident ?? r.dataset.actuator ?? r.innerText));
    await page.click('#shares [data-sort=demand]');
    const before = await rows();
    const numbers = await page.locator('#shares td.demand').allInnerTexts();
    const replaced = await page.evaluate(
      () =>
        new Promise((done) => {
          let replaced = 0;
          const watch = new MutationObserver((list) => list.forEach((m) => (replaced += [...m.removedNodes].filter((n) => n.nodeType === 1).length)));
          for (const t of document.querySelectorAll('#shares table, #actuators table')) watch.observe(t, { childList: true, subtree: true });
          let ticks = 0;
          new MutationObserver((_, o) => ++ticks === 8 && (o.disconnect(), watch.disconnect(), done(replaced))).observe(document.querySelector('#clock'), { characterData: true, subtree: true, childList: true });
        }),
    );
    assert.equal(replaced, 0, 'elements were replaced by a tick');
    assert.deepEqual(await rows(), before, 'rows moved');
    assert.notDeepEqual(await page.locator('#shares td.demand').allInnerTexts(), numbers, 'the numbers stand still');
    assert.match(await text(page, '#shares tr[data-over=true]'), /▲ выше техусловий[\s\S]*сверх техусловий снимается первым/);
    await page.fill('#find-actuator', 'уставка');
    await page.waitForFunction(() => [...document.querySelectorAll('#actuators tr[data-actuator]')].every((r) => r.dataset.kind === 'setpoint'));
    await page.context().close();
  },

  async 'states are told by a sign and a word, with what is wrong'() {
    const page = await sit('dispatcher-1');
    for (const [state, words] of [['failed', /▲ отказ[\s\S]*на удержании ещё 15\sмин: команда 7/], ['offline', /✕ нет связи[\s\S]*балансировщик молчит уже 4\sмин/], ['local', /■ местное управление/], ['limited', /◐ ограничено[\s\S]*→[\s\S]*кВт/]]) {
      assert.match(await text(page, `#actuators tr[data-state=${state}]`), words);
    }
    await page.context().close();
  },

  async 'three languages, no missing message'() {
    const titles = new Set();
    for (const lang of ['ru', 'kk', 'en']) {
      const page = await sit('dispatcher-1', { lang });
      titles.add(await text(page, '#proposals-title'));
      assert.deepEqual(await bare(page), [], `untranslated in ${lang}`);
      for (const kind of ['mode', 'arm', 'inhibit', 'limit']) {
        await page.click(`.system [data-order=${kind}]`);
        await page.waitForSelector('#order[open]');
        assert.deepEqual(await bare(page), [], `order ${kind} in ${lang}`);
        await page.keyboard.press('Escape');
        await page.waitForSelector('#order', { state: 'detached' });
      }
      await shot(page, `control-${lang}`);
      await page.context().close();
    }
    assert.equal(titles.size, 3);
  },

  async 'fits a phone, with a name for everything, and works by keyboard'() {
    const phone = await sit('dispatcher-1', { viewport: { width: 360, height: 740 }, theme: 'dark' });
    assert.equal(await tooWide(phone), 0, 'wider than a phone');
    await phone.locator(`${proposal(1)} [data-order=confirm]`).first().click();
    await phone.waitForSelector('#order[open]');
    assert.equal(await tooWide(phone), 0, 'the dialog is wider than a phone');
    await shot(phone, 'control-phone');
    await phone.context().close();

    const page = await sit('dispatcher-1');
    assert.deepEqual(await nameless(page), []);
    const twice = await page.locator('#actuators [data-order]').evaluateAll((l) => {
      const names = l.map((b) => b.getAttribute('aria-label'));
      return names.filter((n, i) => !n || names.indexOf(n) !== i);
    });
    assert.deepEqual(twice, [], 'two buttons have the same name');
    await page.focus('.system [data-order=inhibit]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#order[open]');
    assert.deepEqual(await nameless(page), []);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'order-title', 'the dialog has the focus');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#order', { state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement.dataset.order), 'inhibit', 'the focus is back where it came from');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#order[open]');
    await page.keyboard.press('Tab');
    for (const words of ['21', 'Ким А.', 'клавиатура']) {
      await page.keyboard.press('Tab');
      await page.keyboard.type(words);
    }
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#order[data-step=check]');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await result(page, 'accepted');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#control-bar [data-flag=inhibited]:not([hidden])');
    await page.locator('#overrides li[data-kind=inhibit] [data-order=release]').click();
    await order(page, 'конец проверки');
    await result(page, 'accepted');
    await page.context().close();
  },
};

await play(stories);
