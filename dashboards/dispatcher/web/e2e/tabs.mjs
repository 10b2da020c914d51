// Drives many windows of one browser in Chromium against a running server, and one after
// the server has begun anew:
//
//   ASUE_URL=http://127.0.0.1:8080 node e2e/tabs.mjs
import assert from 'node:assert/strict';
import { open, play, url } from './stage.mjs';

const moves = async (page) => {
  const clock = page.locator('#clock');
  const before = await clock.innerText();
  for (let i = 0; i < 100; i++) {
    if ((await clock.innerText()) !== before) return;
    await page.waitForTimeout(100);
  }
  assert.fail(`the clock of ${page.url()} stands at ${before}`);
};

const stories = {
  async 'nine windows of one browser: all move, and a tenth can still be opened'() {
    const first = await open();
    const context = first.context();
    const pages = [first];
    for (let i = 1; i < 9; i++) {
      const page = await context.newPage();
      await page.goto(url + '/', { timeout: 10_000 });
      await page.waitForSelector('#residents tbody tr[data-id]');
      pages.push(page);
    }
    for (const page of pages) await moves(page);
    // One connection serves them all; whoever has it may close.
    await first.close();
    await pages[1].reload();
    for (const page of pages.slice(1)) await moves(page);
    const tenth = await context.newPage();
    await tenth.goto(url + '/?view=alarms', { timeout: 10_000 });
    await moves(tenth);
    await context.close();
  },

  async 'a browser without shared workers has a stream for each window'() {
    const page = await open({ prepare: (p) => p.addInitScript(() => delete window.SharedWorker) });
    assert.equal(await page.evaluate(() => 'SharedWorker' in window), false);
    await moves(page);
    await page.context().close();
  },

  async 'events that were missed are asked for, and the window goes on'() {
    const page = await open();
    await moves(page);
    let asked = 0;
    page.on('request', (r) => r.url().endsWith('/api/v1/snapshot') && asked++);
    // The window comes back from where the stream no longer reaches.
    await page.evaluate(() => {
      const worker = new SharedWorker('/stream.js', document.documentElement.dataset.bundle);
      window.told = [];
      worker.port.onmessage = (e) => window.told.push(e.data.kind);
      worker.port.postMessage({ last: 'another-1' });
    });
    for (let i = 0; i < 50 && !(await page.evaluate(() => window.told.length)); i++) await page.waitForTimeout(100);
    assert.equal(await page.evaluate(() => window.told[0]), 'missed');
    await moves(page);
    assert.equal(asked, 0, 'a window that has missed nothing asked for everything');
    await page.context().close();
  },
};

await play(stories);
