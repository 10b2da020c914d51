// The whole case of one resident over a running demo, in the hands of two engineers:
// from what was found to a changed limit in the balancer and kilowatts in the pool.
//
//   ASUE_URL=… ASUE_ENGINEERS=name,name ASUE_PASSWORD=… node e2e/capacity-demo.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { open, play, text as written, url, visit } from './stage.mjs';

const [writer, signer] = process.env.ASUE_ENGINEERS.split(',');
const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/demo-${name}.png` });
const text = async (page, selector) => (await written(page, selector)).replaceAll(/[\u00a0\u202f]/g, ' ');
const view = (rest) => `${url}/?view=capacity${rest}`;
const kilowatts = (w) => new Intl.NumberFormat('ru', { maximumFractionDigits: w % 1000 ? 1 : 0 }).format(w / 1e3).replaceAll(/[\u00a0\u202f]/g, ' ');

async function sit(name, lang = 'ru') {
  return open({ at: '/?view=capacity', ready: '.capacity', lang, prepare: async (p) => {
    const answer = await p.request.post(`${url}/api/v1/login`, { data: { name, password: process.env.ASUE_PASSWORD } });
    assert.equal(answer.status(), 200, `${name} cannot sign in`);
  } });
}

/** again gives the password where the server asks whether it is still this person. */
async function settled(page, selector) {
  const found = await Promise.race([page.waitForSelector(selector).then(() => true), page.waitForSelector('#again').then(() => false)]);
  if (found) return;
  await page.fill('#again-password', process.env.ASUE_PASSWORD);
  await page.click('#again-go');
  await page.waitForSelector(selector);
}

/** step has one write a step and the other one sign it. */
async function step(a, b, kind, { basis = 'п. 4.2 договора присоединения', fill } = {}) {
  await a.click(`#steps [data-step=${kind}]`);
  await a.waitForSelector(`#step[data-kind=${kind}]`);
  await a.fill('#step-document', `${kind} № 1`);
  await a.fill('#step-basis', basis);
  await fill?.(a);
  await a.click('#step-go');
  await settled(a, `#drafts [data-kind=${kind}], #step-trouble`);
  const trouble = await a.locator('#step-trouble').allInnerTexts();
  assert.deepEqual(trouble, [], kind);
  const draft = `#drafts [data-kind=${kind}]`;
  await b.waitForSelector(draft);
  await b.click(`${draft} [data-do=sign]`);
  await Promise.race([b.waitForSelector(draft, { state: 'detached' }), b.waitForSelector('#again')]);
  if (await b.locator('#again').count()) {
    await b.fill('#again-password', process.env.ASUE_PASSWORD);
    await b.click('#again-go');
    await b.waitForSelector(draft, { state: 'detached' });
  }
}

/** found waits until the past of the demo is in the ledger, and picks whose power is returned: one feeder, no case yet. */
async function found(page) {
  let last = '';
  for (let tries = 0; tries < 60; tries++) {
    const answer = await page.request.get(`${url}/api/v1/conditions`);
    const said = await answer.json();
    const { time } = await (await page.request.get(`${url}/api/v1/overview`)).json();
    // While the past is still being validated, every day that is done makes another finding.
    const settled = said.to && Date.parse(time) - Date.parse(said.to) < 26 * 3600e3;
    const residents = settled ? said.residents : [];
    last = `${said.to}: ${JSON.stringify(said.by_class ?? said)}`;
    const once = residents.filter((r) => residents.filter((x) => x.resident === r.resident).length === 1);
    const { cases } = await (await page.request.get(`${url}/api/v1/cases`)).json();
    const r = once.find((x) => x.reclaim_w > 0 && !cases.some((c) => c.resident === x.resident));
    if (r) return r;
    await new Promise((go) => setTimeout(go, 5000));
  }
  throw new Error(`nothing is returnable in the demo: ${last}`);
}

const stories = {
  async 'the case of one resident, from its finding to a changed limit in the balancer'() {
    const a = await sit(writer);
    const r = await found(a);
    const remains = r.tu_w - r.reclaim_w;
    console.log(`# ${r.name} at ${r.node_name}: ${r.class}, ${r.reclaim_w / 1e3} of ${r.tu_w / 1e3} kW`);
    const pool = async () => (await (await a.request.get(`${url}/api/v1/pool`)).json()).total.free_w;
    const before = await pool();

    await a.goto(view(''));
    await a.waitForSelector(`#conditions tr[data-resident="${r.resident}"]`);
    await shot(a, 'table');
    await a.click(`#conditions tr[data-resident="${r.resident}"] a`);
    await a.waitForSelector('#curve svg');
    await shot(a, 'use');
    await a.fill('#take-document', 'заключение № 1');
    await a.click('#take button');
    await settled(a, '#case[data-stage=FINDING]');
    const id = /ТУ-\d{4}-\d{3}/.exec(await text(a, '#case-title'))[0];
    const b = await sit(signer);
    await b.goto(view(`&tab=cases&case=${encodeURIComponent(id)}`));
    await b.waitForSelector('#case[data-stage=FINDING]');

    await step(a, b, 'notice');
    await b.waitForSelector('#case[data-stage=NOTICE]');
    await a.waitForSelector('#case[data-stage=NOTICE]');
    await step(a, b, 'offer', { fill: (p) => p.fill('#step-volume', String(r.reclaim_w / 1e3)) });
    await a.waitForSelector('#case[data-stage=RETURN]');
    await step(a, b, 'register');
    await a.waitForSelector('#steps [data-step=register]', { state: 'detached' });

    // What the balancer shares by is its own report.
    await a.waitForFunction((want) => document.querySelector('[data-fact=balancer] dd')?.textContent.replaceAll(/\s/g, ' ').startsWith(want), `${kilowatts(remains)} кВт`);
    await shot(a, 'case');
    // It shares power out while the load has to be held: then too, by the new right.
    const c = await sit(writer);
    await c.click('[data-scenario=morning-peak]');
    await visit(c, 'control');
    const share = c.locator(`#shares tr[data-resident="${r.resident}"]`);
    await share.waitFor();
    assert.equal((await share.locator('td').first().innerText()).replaceAll(/[\u00a0\u202f]/g, ' '), kilowatts(remains), `the share of ${r.name}`);
    await shot(c, 'shares');
    await c.click('[data-scenario=calm]');
    await c.context().close();

    await step(a, b, 'limit');
    await a.waitForSelector('#steps [data-step=limit]', { state: 'detached' });
    assert.equal(await pool(), before, 'power is in the pool before the contract says so');
    await step(a, b, 'contract');
    await a.waitForSelector('#case[data-stage=RETURNED]');
    assert.equal((await pool()) - before, r.reclaim_w, 'what was returned is not in the pool');
    await a.click('[data-tab=pool]');
    await a.waitForSelector('#postings tbody tr');
    const posted = await text(a, '#postings tbody tr');
    assert.ok(posted.includes(r.name) && /гарантированная [\s\S]*→ пул, /.test(posted), posted);
    await shot(a, 'pool');

    await b.reload();
    await b.waitForSelector('[data-paper=act-ru-html]');
    for (const [lang, want] of [['ru', /акт/i], ['kk', /акт[\s\S]*[әғқңөұүһі]/i]]) {
      const [paper] = await Promise.all([b.context().waitForEvent('page'), b.click(`[data-paper=act-${lang}-html]`)]);
      await paper.waitForLoadState();
      const said = await paper.evaluate(() => document.body.innerText);
      assert.match(said, want, lang);
      assert.ok(said.includes(r.name) && said.includes(id), `the act in ${lang} names neither resident nor case:\n${said.slice(0, 400)}`);
      await shot(paper, `act-${lang}`);
      await paper.close();
    }
    for (const p of [a, b]) await p.context().close();
  },

  async 'a newcomer asks what the demo could carry'() {
    const page = await sit(writer);
    await page.goto(view('&tab=hosting'));
    await page.waitForSelector('#hosting-node option[value=s10-1]', { state: 'attached' });
    await page.selectOption('#hosting-node', 's10-1');
    await page.fill('#hosting-mw', '2');
    await page.click('#hosting-ask');
    await page.waitForSelector('#answer, #hosting-trouble');
    assert.equal(await page.locator('#hosting-trouble').count(), 0, await page.locator('#hosting').innerText());
    assert.ok((await page.locator('#promised [data-scenario]').count()) >= 1);
    await shot(page, 'hosting');
    await page.context().close();
  },
};

await play(stories);
