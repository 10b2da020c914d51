// Takes the pictures of the first five minutes for README: follows them over a demo that
// it starts itself, in two languages at once, and says how long each step took.
//
//   ASUE_PROGRAM=bin/asue ASUE_PICTURES=docs/images node e2e/pictures.mjs
//
// ASUE_PORT  port of the page, 8097 if unset; the broker takes a free one
// A picture above 250 KB ends the run with status 1.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';

const { ASUE_PROGRAM: program, ASUE_PICTURES: folder } = process.env;
assert.ok(program && folder, 'set ASUE_PROGRAM to the program and ASUE_PICTURES to a folder');
const port = process.env.ASUE_PORT ?? '8097';
process.env.ASUE_URL = `http://127.0.0.1:${port}`;
process.env.ASUE_E2E_WAIT ??= '240';

const began = Date.now();
const demo = spawn(program, ['demo', '--akzhar', '--http', `127.0.0.1:${port}`, '--broker', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => demo.kill()); // also where a story fails
let said = '';
const password = await new Promise((found, failed) => {
  demo.stdout.on('data', (text) => {
    said += text;
    const m = /^ +dispatcher-1 +(\S+)$/m.exec(said);
    if (m && /Ctrl-C/.test(said)) found(m[1]);
  });
  demo.on('exit', () => failed(new Error('the demo has ended')));
});
console.log(said.trimEnd());
const { open, play, url } = await import('./stage.mjs');

const step = (what) => console.log(`STEP ${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s  ${what}`);
let pages = [];

/** take saves what each language shows now. */
async function take(name) {
  for (const { page, lang } of pages) {
    const path = `${folder}/first-${name}.${lang}.png`;
    await page.waitForTimeout(700); // a transition of a badge or the chart's next minute
    await page.screenshot({ path });
    const size = statSync(path).size;
    assert.ok(size <= 250_000, `${path} has ${size} bytes, more than 250 KB`);
  }
}

const all = (what) => Promise.all(pages.map(({ page }) => what(page)));
const go = (at, ready) => all(async (page) => {
  await page.goto(url + at);
  await page.locator(ready).first().waitFor();
});

await play({
  async 'the first five minutes'() {
    for (const lang of ['ru', 'en']) pages.push({ lang, page: await open({ lang, prepare: async (p) => {
      const answer = await p.request.post(`${url}/api/v1/login`, { data: { name: 'dispatcher-1', password } });
      assert.equal(answer.status(), 200, 'dispatcher-1 cannot sign in');
    } }) });
    const [{ page }] = pages;
    await all((p) => p.locator('#trend canvas').waitFor());
    await all((p) => p.locator('#diagram svg.net').waitFor());
    step('the page moves');
    await take('1-page');

    await page.click('[data-scenario=morning-peak]');
    await all((p) => p.locator('#strip [data-alarm="limit-forecast/zone"]').waitFor());
    step('the morning peak: the projection crosses the limit, an alarm says what to do');
    await take('2-peak');

    await page.click('#alarm-ack'); // the forecast, or the breach that it has become
    await go('/?view=control', '#proposals [data-proposal] [data-order=confirm]');
    step('acknowledged; what would help is proposed');
    await take('3-proposals');

    await page.click('[data-scenario=karatagai-lost]');
    await go('/?view=network', '#net-live svg.net');
    await all((p) => p.locator('#net-live [data-sum=feeding]', { hasText: /Акжар|Akzhar/ }).waitFor());
    step('Karatagai is lost: the diagram recolours, the transfer has put Akzhar on');
    await take('4-akzhar');
    await page.click('[data-scenario=calm]');

    await go('/?view=capacity', '#capacity-totals');
    await all((p) => p.locator('.capacity tbody tr').first().waitFor());
    step('capacities: whose technical conditions are not used');
    await take('5-capacity');
    demo.removeAllListeners('exit');
    demo.kill('SIGTERM');
    await new Promise((done) => demo.on('exit', done));
  },
});
