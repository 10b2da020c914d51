// What the live page costs the machine in front of the dispatcher: a zone of 50 residents
// and 200 meters, every one of them another value each second.
//
//   devserver -residents 50 -meters 200 & ASUE_URL=http://127.0.0.1:8090 node e2e/bench.mjs
//
// ASUE_SECONDS  how long each view is watched, 60 if unset
// Prints one line a figure: the renderer's processor time as the system counts it, in
// percent of one core, and of it the part of the page's own tasks.
import assert from 'node:assert/strict';
import { browser, open, play } from './stage.mjs';

const seconds = Number(process.env.ASUE_SECONDS ?? 60);

/** renderers is the processor time that all renderer processes have used, in seconds. */
async function renderers(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.filter((p) => p.type === 'renderer').reduce((sum, p) => sum + p.cpuTime, 0);
}

/** cost watches a view and says what it took. */
async function cost(name, at, ready) {
  const page = await open({ at, ready, prepare: async (p) => {
    const answer = await p.request.post(`${process.env.ASUE_URL}/api/v1/login`, { data: { name: 'dispatcher-1', password: 'трое в лодке' } });
    assert.equal(answer.status(), 200);
  } });
  await page.waitForTimeout(5000); // first drawing, the trend, parts loaded later
  const tasks = await page.context().newCDPSession(page);
  await tasks.send('Performance.enable');
  const whole = await browser.newBrowserCDPSession();
  const look = async () => {
    const { metrics } = await tasks.send('Performance.getMetrics');
    const get = (n) => metrics.find((m) => m.name === n).value;
    return { cpu: await renderers(whole), task: get('TaskDuration'), script: get('ScriptDuration'), layout: get('LayoutDuration') + get('RecalcStyleDuration'), at: get('Timestamp') };
  };
  const ticks = await page.evaluate(() => (new MutationObserver(() => window.ticks++).observe(document.querySelector('#clock'), { characterData: true, subtree: true, childList: true }), (window.ticks = 0)));
  const a = await look();
  await page.waitForTimeout(1000 * seconds);
  const b = await look();
  assert.ok((await page.evaluate(() => window.ticks)) - ticks >= seconds * 0.9, 'the page did not move once a second');
  const share = (field) => ((100 * (b[field] - a[field])) / (b.at - a.at)).toFixed(2);
  console.log(`BENCH browser_${name}_cpu ${share('cpu')} %_of_a_core`);
  console.log(`BENCH browser_${name}_tasks ${share('task')} %_of_a_core`);
  console.log(`BENCH browser_${name}_script ${share('script')} %_of_a_core`);
  console.log(`BENCH browser_${name}_layout ${share('layout')} %_of_a_core`);
  await page.context().close();
  return Number(share('cpu'));
}

await play({
  async 'two hundred meters at 1 Hz'() {
    const shift = await cost('shift', '/', '#residents tbody tr[data-id]');
    const network = await cost('network', '/?view=network', '#net-live');
    assert.ok(Math.max(shift, network) < 5 || process.env.ASUE_BUSY, `above 5 % of a core: ${shift} % and ${network} %`);
  },
});
