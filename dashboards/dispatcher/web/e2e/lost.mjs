// Drives the diagram in Chromium while the line in service is lost in a running
// `asue demo --akzhar`, and returns:
//
//   ASUE_URL=http://127.0.0.1:8080 node e2e/lost.mjs
//
// ASUE_SCREENSHOTS says in which folder to save pictures; none if unset.
import assert from 'node:assert/strict';
import { open, play } from './stage.mjs';

const shot = async (page, name) => process.env.ASUE_SCREENSHOTS && page.screenshot({ path: `${process.env.ASUE_SCREENSHOTS}/page-${name}.png` });
const fedBy = (page, name) => page.waitForFunction((n) => document.querySelector('#net-live [data-sum=feeding]')?.textContent.includes(n), name);
const sign = (page, id) => page.locator(`#net-live [data-ref="switch:${id}"] .switch-sign`).getAttribute('class');
const dead = (page, ref) => page.locator(`#net-live [data-ref="${ref}"] .wire.dead`).count();
const said = (page, selector) => page.locator(selector).first().evaluate((e) => e.textContent.replaceAll('\u00a0', ' '));

const stories = {
  async 'the line is lost: what was said beforehand happens, and the diagram shows it'() {
    const page = await open({ at: '/?view=network', ready: '#net-live svg.net' });
    await fedBy(page, 'Каратагай');
    await page.waitForSelector('#ready:not([data-light=unknown]):not([data-light=red])');
    assert.match(await said(page, '#ready'), /Каратагай отключится сейчас → Акжар: \d+,\d МВт/);
    await page.click('#ready');
    await page.waitForSelector('#ready-panel[open] .ready-timeline li');
    const steps = (await page.locator('#ready-panel .ready-timeline li').allTextContents()).join('\n');
    assert.match(steps, /отключится В-110 «Каратагай»[\s\S]*включится В-110 «Акжар», цепь 1[\s\S]*включится В-110 «Акжар», цепь 2/);
    await page.waitForSelector('#ready-shedding');
    await page.click('#ready-close');

    await page.click('[data-scenario=karatagai-lost]');
    await fedBy(page, 'Акжар');
    assert.match(await sign(page, 'q-kar'), /open/);
    for (const id of ['q-akz-1', 'q-akz-2']) assert.match(await sign(page, id), /closed/);
    assert.ok((await dead(page, 'line:l-kar')) > 0, 'the lost line still looks alive');
    for (const bus of ['bus:s35-1', 'bus:s35-2', 'bus:s10-1', 'bus:s10-2']) assert.equal(await dead(page, bus), 0, `${bus} is dark`);
    await page.waitForSelector('#ready[data-light=red]');
    assert.match(await said(page, '#ready'), /Акжар отключится сейчас → резерва нет/);
    await shot(page, 'demo-lost');

    await page.click('[data-scenario=calm]');
    await fedBy(page, 'Каратагай');
    await page.waitForFunction(() => !document.querySelector('#net-live [data-ref="line:l-kar"] .wire.dead'));
    assert.match(await sign(page, 'q-kar'), /closed/);
    await shot(page, 'demo-returned');
    await page.context().close();
  },
};

await play(stories);
