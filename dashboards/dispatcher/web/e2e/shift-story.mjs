// A dispatcher's shift in Chromium against the whole system (`asue demo --akzhar`): take
// over, morning peak, acknowledge, select, execute, see the effect, lose Каратагай, have it
// back, hand over with two signatures; and the log tells all of it, in order.
//
//   ASUE_URL=http://127.0.0.1:8080 ASUE_SHIFT=first:password,second:password node e2e/shift-story.mjs
//
// The two persons are dispatchers. ASUE_SCREENSHOTS says in which folder to save pictures.
import assert from 'node:assert/strict';
import { open, play, text, url } from './stage.mjs';

const [first, second] = (process.env.ASUE_SHIFT ?? '').split(',').map((s) => s.split(':')).map(([name, password]) => ({ name, password }));
if (!second?.password) throw new Error('set ASUE_SHIFT to name:password,name:password of two dispatchers');

const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/shift-${name}.png` });
const read = async (page, path) => (await page.request.get(`${url}/api/v1/${path}`)).json();
const patience = 1000 * Number(process.env.ASUE_E2E_WAIT ?? 300);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** until asks again and again, for what no element of the page shows. */
async function until(what, ask) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await pause(500);
  }
}

/** go opens a view by its address. */
async function go(page, view, ready) {
  await page.goto(`${url}/?view=${view}`);
  await page.locator(ready).first().waitFor();
}

/** sign fills in the form of the hand-over. What is handed over may change while it is read: then it is read and signed again. */
async function sign(page, fields) {
  for (let attempt = 1; ; attempt++) {
    await page.locator('#handover-again').click();
    for (const [name, value] of Object.entries(fields)) await page.fill(`#sign [name=${name}]`, value);
    await page.click('#sign-do');
    await page.locator('#sign-done, #sign-failed').first().waitFor();
    if (await page.locator('#sign-done').count()) return;
    assert.ok(attempt < 8, `not signed: ${await text(page, '#sign-failed')}`);
  }
}

/** proposed is the youngest proposal that takes load away and needs one person. */
const proposed = async (page) =>
  (await read(page, 'snapshot')).control.proposals.filter((p) => p.effect_w > 0 && p.persons === 1).sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.effect_w - a.effect_w)[0];

/** command selects and executes one of the proposals; one that is not needed any more, or cannot be selected, makes room for the next. */
async function command(page) {
  for (let attempt = 1; ; attempt++) {
    const proposal = await until('a proposal that takes load away', () => proposed(page));
    const drew = await draws(page, proposal.resident);
    const item = page.locator(`[data-proposal="${proposal.id}"]`);
    try {
      await item.locator('[data-order=confirm]').click({ timeout: 3000 });
      await page.locator('#order[open]').waitFor({ timeout: 3000 });
      await page.fill('#order-number', '21');
      await page.fill('#order-from', 'Ким А., диспетчер Энергосистемы');
      await page.fill('#order-reason', 'утренний пик');
      if (await page.locator('#order-password').count()) await page.fill('#order-password', first.password);
      await page.click('#order-next', { timeout: 3000 });
      await page.locator('#order[data-step=check]').waitFor({ timeout: 6000 });
      const blocked = await page.locator('#interlocks [data-state=blocks]').count();
      assert.equal(blocked, 0, 'selected in spite of an interlock');
      const number = /Наберите номер присоединения: (\S+)/.exec(await text(page, '#order'))[1];
      await page.fill('#order-code', number);
      await shot(page, 'selected');
      await page.click('#order-go', { timeout: 3000 });
      await page.locator('#order-result').waitFor({ timeout: 6000 });
      await page.locator('#order-result:is([data-result=accepted], [data-result=refused])').waitFor();
      if (await page.locator('#order-result[data-result=accepted]').count()) {
        await page.locator('#order-result:is([data-feedback=done], [data-feedback=undone], [data-feedback=unconfirmed])').waitFor();
        return { ...proposal, drew };
      }
    } catch (e) {
      if (e.name !== 'TimeoutError' || attempt >= 8) throw e;
    }
    assert.ok(attempt < 8, 'no proposal could be executed');
    await page.keyboard.press('Escape');
    await page.locator('#order').waitFor({ state: 'detached' });
  }
}

const draws = async (page, resident) => (await read(page, 'residents')).residents.find((r) => r.id === resident)?.power_w;
const fedBy = (page, name) => page.locator('#net-live [data-sum=feeding]', { hasText: name }).waitFor();

const stories = {
  async 'a shift, from the first signature to the last'() {
    const page = await open({ at: '/?view=log&tab=handover', ready: '#log', prepare: async (p) => {
      assert.equal((await p.request.post(`${url}/api/v1/login`, { data: first })).status(), 200, `${first.name} cannot sign in`);
    } });

    // The shift is taken.
    await sign(page, { own: first.password });
    await page.locator('#duty', { hasText: first.name }).waitFor();
    await until('the balancer has its data', async () => !['init', 'monitor', 'failsafe'].includes((await read(page, 'snapshot')).control?.state ?? 'init'));

    // The morning peak: an amber alarm that says what to do, acknowledged.
    await go(page, 'alarms', '#alarms');
    const began = Date.now();
    await page.click('[data-scenario=morning-peak]');
    const alarm = page.locator('#alarms [data-alarm="limit-forecast/zone"]');
    await page.locator('#alarms [data-alarm="limit-forecast/zone"][data-state=unacknowledged]').waitFor();
    console.log(`BENCH shift_alarm ${((Date.now() - began) / 1000).toFixed(1)} s`);
    assert.match(await alarm.innerText(), /Прогноз блока выше лимита/);
    assert.match(await alarm.innerText(), /Открыть «Управление», выбрать предложенное снижение/);
    await shot(page, 'alarm');
    await alarm.locator('[data-act=acknowledge]').click();
    await page.locator('#alarms [data-alarm="limit-forecast/zone"]:not([data-state=unacknowledged])').or(page.locator('#alarms:not(:has([data-alarm="limit-forecast/zone"]))')).first().waitFor();

    // A proposal is selected and executed, and telemetry shows it: the load falls.
    await go(page, 'control', '#proposals');
    await page.locator('#way[data-way=sbo]').waitFor();
    const done = await command(page);
    assert.equal(await page.locator('#order-result').getAttribute('data-feedback'), 'done', 'telemetry does not show what was executed');
    assert.match(await text(page, '#order-result'), /Подтверждено телеметрией/);
    await shot(page, 'done');
    await page.click('#order-close');
    await page.locator(`tr[data-actuator="${done.actuator}"]:is([data-state=shed], [data-state=limited])`).waitFor();
    await until(`the load of ${done.resident} falls by about ${done.effect_w} W from ${done.drew} W`, async () => (await draws(page, done.resident)) < done.drew - 0.4 * done.effect_w);

    // Каратагай is lost: the diagram recolours, Акжар takes over; then it returns.
    await go(page, 'network', '#net-live svg.net');
    await fedBy(page, 'Каратагай');
    await page.click('[data-scenario=karatagai-lost]');
    await fedBy(page, 'Акжар');
    await page.locator('#net-live [data-ref="line:l-kar"] .wire.dead').first().waitFor({ state: 'attached' }); // a line without breadth is not "visible"
    await page.locator('#net-live [data-ref="bus:s10-1"]:not(:has(.wire.dead))').first().waitFor({ state: 'attached' });
    await shot(page, 'akzhar');
    await page.click('[data-scenario=calm]');
    await fedBy(page, 'Каратагай');
    await page.locator('#net-live [data-ref="line:l-kar"]:not(:has(.wire.dead))').first().waitFor({ state: 'attached' });

    // What was done by telephone is written down, and the shift is handed over.
    await go(page, 'log', '#log-write');
    await page.selectOption('#log-template', 'switching');
    for (const [name, value] of Object.entries({ object: 'В-110 «Каратагай»', number: '22', from: 'Ким А., диспетчер Энергосистемы', text: 'питание восстановлено по ВЛ-110 «Каратагай»' })) await page.fill(`#log-write [name=${name}]`, value);
    await page.click('#log-do');
    await page.locator('#log-stream tbody tr[data-kind="log.switching"]').first().waitFor();
    await go(page, 'log&tab=handover', '#sign [name=name]');
    await sign(page, { own: first.password, name: second.name, password: second.password });
    await page.locator('#duty', { hasText: second.name }).waitFor();
    assert.match(await text(page, '#sign-done'), new RegExp(`Смену принял ${second.name}`));
    await shot(page, 'handed-over');

    // The log tells all of it, in order, also in the page.
    const { records } = await read(page, 'log?limit=1000');
    records.reverse();
    const told = [
      ['the shift is taken', (r) => r.kind === 'log.shift-taken' && r.actor === first.name],
      ['the alarm', (r) => r.kind === 'alarm.changed' && r.subject === 'limit-forecast/zone'],
      ['acknowledged', (r) => r.kind === 'alarm.acknowledge' && r.actor === first.name],
      ['selected', (r) => r.kind === 'order.selected' && r.actor === first.name && r.text.includes(done.actuator)],
      ['executed', (r) => r.kind === 'order.given' && r.actor === first.name && r.text.includes('№ 21, Ким А., диспетчер Энергосистемы: утренний пик')],
      ['commanded', (r) => r.kind.startsWith('control.') && r.subject === done.actuator],
      ['seen', (r) => r.kind === 'order.done' && r.text.includes(done.actuator)],
      ['the line is lost', (r) => r.kind === 'alarm.changed' && /^source-(lost|changed)\//.test(r.subject)],
      ['restored', (r) => r.kind === 'log.switching' && r.actor === first.name],
      ['handed over', (r) => r.kind === 'log.shift-taken' && r.actor === second.name && r.subject === first.name],
    ];
    let at = 0;
    for (const [what, is] of told) {
      const found = records.findIndex((r, i) => i >= at && is(r));
      assert.ok(found >= 0, `the log does not tell "${what}" after record ${records[at]?.seq}:\n${records.map((r) => `${r.seq} ${r.actor} ${r.kind} ${r.subject} ${r.text}`).join('\n')}`);
      at = found; // commanded and seen may stand before what the page has written last
    }
    await go(page, 'log', '#log-stream tbody tr');
    for (const kind of ['log.shift-taken', 'log.switching']) await page.locator(`#log-stream tr[data-kind="${kind}"]`).first().waitFor();
    await page.selectOption('#log-kind', 'order.');
    await page.locator('#log-stream tr[data-kind="order.done"]').first().waitFor();
    assert.match(await page.locator('#log-stream tr[data-kind="order.done"]').first().innerText(), /Исполнено, подтверждено телеметрией/);
    await shot(page, 'log');
    await page.context().close();
  },
};

await play(stories);
