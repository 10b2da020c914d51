// What the browser tests share: the browser, a page of its own for each story, and
// the run through the stories.
//
// ASUE_URL         address of the server under test
// ASUE_CHROMIUM    the browser, /usr/bin/chromium if unset
// ASUE_E2E_WAIT    longest wait for an expected change, in seconds, 300 if unset
import { chromium } from 'playwright-core';

export const url = process.env.ASUE_URL;
if (!url) {
  console.error('e2e: set ASUE_URL to the address of a running asue');
  process.exit(2);
}
const wait = 1000 * Number(process.env.ASUE_E2E_WAIT ?? 300);

export const browser = await chromium.launch({
  executablePath: process.env.ASUE_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
  ],
});
const faults = [];

/** calendar gives what names a day of the site by how many days ago it was. The server may live at another time than the browser. */
export async function calendar() {
  const { time } = await (await fetch(`${url}/api/v1/overview`)).json();
  const ahead = Date.parse(time) - Date.now();
  return (back) => {
    const then = new Date(Date.now() + ahead + 5 * 3600e3); // the site is at UTC+5
    then.setUTCDate(then.getUTCDate() - back);
    return then.toISOString().slice(0, 10);
  };
}

/** open gives a page of its own, with the language chosen beforehand if asked, and waits until it shows something. */
export async function open({ at = '/', ready = '#residents tbody tr[data-id]', lang = 'ru', theme = 'light', viewport = { width: 1366, height: 768 }, prepare } = {}) {
  const context = await browser.newContext({ viewport, locale: 'ru-RU' });
  const page = await context.newPage();
  page.setDefaultTimeout(wait);
  page.on('pageerror', (e) => faults.push(`script: ${e.message}`));
  page.on('console', (m) => {
    if (m.type() === 'error' && /Content Security Policy|Uncaught/.test(m.text())) faults.push(`console: ${m.text()}`);
  });
  await page.addInitScript(([l, t]) => {
    localStorage.setItem('asue.lang', localStorage.getItem('asue.lang') ?? l);
    localStorage.setItem('asue.theme', t);
  }, [lang, theme]);
  await prepare?.(page);
  await page.goto(url + at);
  await page.waitForSelector(ready);
  return page;
}

const pageOf = { shift: 'shift', network: 'shift', control: 'shift', residents: 'residents', profile: 'residents', balance: 'balances', findings: 'balances', completeness: 'balances', media: 'balances' };

/** visit shows a view as a person does: by its page, and then by its tab if the page has several. */
export async function visit(page, view) {
  await page.click(`#nav [data-page=${pageOf[view] ?? view}]`);
  if (view in pageOf && (await page.locator('#tabs').count())) await page.click(`#tabs [data-view=${view}]`);
}

/** scissors lets a page be cut from the live stream inside itself: while window.cut is set events no longer arrive, and nothing says so. */
export const scissors = (p) =>
  p.addInitScript(() => {
    const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
    Object.defineProperty(MessagePort.prototype, 'onmessage', {
      set(take) {
        set.call(this, (e) => window.cut || take(e));
      },
    });
  });

export const text = (page, selector) => page.locator(selector).first().innerText();

/** bare lists lines that look like the key of a message, or have a placeholder left. */
export const bare = (page) =>
  page.evaluate(() =>
    document.body.innerText
      .split('\n')
      .filter((l) => /\b(own|reports?|alarms?|log|limit|col|residents|notices|quality|band|meters|trend|unit|link|nav|profile|control|bar|hinder|order|pages|keys|kiosk|help|strip|act|actuators|shares?|proposals|phase|overrides|waiting|answers|journal|steps|fact|fault|result|want|tier|kind|duty|mode|completeness|findings?|balance|media|medium|grade|method|flag|rule|table|versions|demand|books|span|role|authority|diagram|figure|palette|source|switch|switchkind|sum|violation|detail|basis|tables|whatif|ready|ending|shedding|model|capacity|tab|total|conditions|column|class|classrule|bynode|key|export|papers?|use|level|part|arithmetic|stage|step|stepinfo|measure|cause|outcome|plan|milestone|clock|lacks|cases?|events?|drafts|action|said|again|pool|account|applications|status|allot|postings|register|hosting|verdict|verdicttext|promised?|unlock|risks|apply|months|system|resident)\.[a-z_.A-Z]+\b/.test(l) || /\{\w+\}/.test(l)));

/** nameless lists what the keyboard reaches and a screen reader cannot name. */
export const nameless = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('button, input, select, a, [tabindex="0"], section')]
      .filter((e) => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim() || e.closest('label')))
      .map((e) => e.outerHTML.slice(0, 80)));

/** faint lists texts below a root whose contrast with what is behind them is less than 4.5 to 1, or 3 to 1 if they are large (WCAG 2.2, 1.4.3). */
export const faint = (page, root) =>
  page.evaluate((r) => {
    const parsed = (c) => (c.match(/[\d.]+/g) ?? []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (e) => {
      for (let x = e; x; x = x.parentElement) {
        const c = parsed(getComputedStyle(x).backgroundColor);
        if (c.length === 3 || c[3] === 1) return c;
      }
      return [255, 255, 255];
    };
    return [...document.querySelectorAll(r + ', ' + r + ' *')]
      .filter((e) => e.checkVisibility() && !e.disabled && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
      .map((e) => {
        const s = getComputedStyle(e);
        const [a, b] = [light(parsed(s.color)), light(behind(e))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const large = parseFloat(s.fontSize) >= 24 || (parseFloat(s.fontSize) >= 18.66 && Number(s.fontWeight) >= 700);
        return ratio < (large ? 3 : 4.5) ? `${ratio.toFixed(2)} ${s.color} ${e.outerHTML.slice(0, 80)}` : '';
      })
      .filter(Boolean);
  }, root);

/** tooWide is by how much the page is wider than the window. */
export const tooWide = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** play runs the stories, those whose name contains the first argument if there is one. The first that fails ends the run with status 1. */
export async function play(stories) {
  let failed = false;
  for (const [name, story] of Object.entries(stories)) {
    if (process.argv[2] && !name.includes(process.argv[2])) continue;
    try {
      await story();
      if (faults.length) throw new Error(faults.splice(0).join('\n'));
      console.log(`ok   ${name}`);
    } catch (e) {
      console.log(`FAIL ${name}\n${e.stack}`);
      failed = true;
      break;
    }
  }
  await browser.close();
  process.exit(failed ? 1 : 0);
}
