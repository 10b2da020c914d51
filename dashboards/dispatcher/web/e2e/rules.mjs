// What must hold of everything that the page ever shows, whoever looks, in whatever
// language and theme: the rules of WCAG 2.2 that a program can decide, and a few of our
// own. Each function runs inside the page and returns its complaints, each a line.
//
// The file knows nothing of the page's views; audit.mjs shows them to it.

/** install puts what the rules share into the page, once a document. */
export const install = (page) => page.evaluate(() => {
  if (window.audit) return;
  const parsed = (c) => {
    const n = (c.match(/[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    if (c.startsWith('color(srgb')) return { rgb: n.slice(0, 3).map((v) => v * 255), a: n[3] ?? 1 };
    return { rgb: n.length < 3 ? [0, 0, 0] : n.slice(0, 3), a: n.length < 3 ? 0 : (n[3] ?? 1) };
  };
  const over = (top, a, under) => top.map((v, i) => v * a + under[i] * (1 - a));
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (x, y) => {
    const [a, b] = [light(x), light(y)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  /** ground is the colour behind the content of an element: all backgrounds up to the first that hides the rest. */
  const ground = (e) => {
    const layers = [];
    for (let x = e; x; x = x.parentElement) {
      const { rgb, a } = parsed(getComputedStyle(x).backgroundColor);
      if (a > 0) layers.push([rgb, a]);
      if (a === 1) break;
    }
    return layers.reduceRight((under, [rgb, a]) => over(rgb, a, under), [255, 255, 255]);
  };
  /** faded is the share of an element that the opacities above it leave. */
  const faded = (e) => {
    let share = 1;
    for (let x = e; x; x = x.parentElement) share *= Number(getComputedStyle(x).opacity);
    return share;
  };
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest('.sr, .skip');
  /** shownBox is the part of a box that no ancestor cuts off; null if nothing is left. */
  const shownBox = (e, r) => {
    let [left, top, right, bottom] = [r.left, r.top, r.right, r.bottom];
    for (let x = e.parentElement; x && x !== document.documentElement; x = x.parentElement) {
      const s = getComputedStyle(x);
      if (s.overflowX === 'visible' && s.overflowY === 'visible') continue;
      const b = x.getBoundingClientRect();
      if (s.overflowX !== 'visible') [left, right] = [Math.max(left, b.left), Math.min(right, b.right)];
      if (s.overflowY !== 'visible') [top, bottom] = [Math.max(top, b.top), Math.min(bottom, b.bottom)];
    }
    return right - left > 1 && bottom - top > 1 ? { left, top, right, bottom } : null;
  };
  const words = (e) => {
    if (e.nodeType === 3) return e.data;
    if (e.nodeType !== 1 || e.getAttribute('aria-hidden') === 'true' || e.hidden) return '';
    return e.getAttribute('aria-label') ?? [...e.childNodes].map(words).join(' ');
  };
  /** named is what a screen reader says of an element. */
  const named = (e) => {
    const by = (e.getAttribute('aria-labelledby') ?? '').split(/\s+/).filter(Boolean).map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
    const own = ['INPUT', 'SELECT', 'TEXTAREA'].includes(e.tagName) ? [...(e.labels ?? [])].map((l) => l.textContent).join(' ') : words(e);
    return (by || e.getAttribute('aria-label') || e.getAttribute('alt') || own || e.querySelector?.(':scope > title')?.textContent || e.title || '').trim();
  };
  /** tag is where an element stands, and the first of its words. */
  const tag = (e) => {
    const path = [];
    for (let x = e; x && x !== document.body && path.length < 4; x = x.parentElement) {
      path.unshift(x.id && !/\d/.test(x.id) ? `#${x.id}` : x.localName + [...x.classList].map((c) => '.' + c).join(''));
      if (path[0].startsWith('#')) break;
    }
    return `${path.join(' > ')} «${(e.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 30)}»`;
  };
  const controls = 'button, input:not([type=hidden]), select, textarea, a[href], summary, [role=button], [role=link], [role=tab], [role=checkbox], [role=switch], [role=menuitem], [role=option]';
  window.audit = { parsed, over, ratio, ground, faded, seen, shownBox, named, tag, controls };
});

/** structure is what a screen reader needs: names, references, landmarks, headings, tables. */
export const structure = (page, lang) => page.evaluate((lang) => {
  const { seen, named, tag, controls } = window.audit;
  const faults = [];
  const say = (rule, e) => faults.push(`${rule}: ${e ? tag(e) : ''}`);
  const all = (q) => [...document.querySelectorAll(q)].filter(seen);

  if (document.documentElement.lang !== lang) say(`the document says lang=${document.documentElement.lang}, shown is ${lang}`);
  if (!document.title.trim()) say('no title');
  const ids = new Set();
  for (const e of document.querySelectorAll('[id]')) ids.has(e.id) ? say(`id ${e.id} twice`, e) : ids.add(e.id);
  for (const name of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'aria-owns', 'aria-details', 'for', 'headers', 'list']) {
    for (const e of document.querySelectorAll(`[${name}]`)) {
      for (const id of e.getAttribute(name).split(/\s+/)) if (!document.getElementById(id)) say(`${name} leads nowhere`, e);
    }
  }
  for (const e of document.querySelectorAll('[tabindex]')) if (e.tabIndex > 0) say('a tab order of its own', e);

  for (const e of all(controls + ', [tabindex="0"]')) if (!named(e)) say('no name', e);
  for (const e of all('[tabindex="0"]')) if (!e.matches(controls) && !e.getAttribute('role') && !['SECTION', 'MAIN', 'NAV', 'DIALOG', 'OL', 'UL'].includes(e.tagName)) say('reached by the keyboard, and has no role', e);
  for (const e of all('label')) if (!e.control && !e.querySelector('output')) say('a label of nothing', e);
  for (const e of all('[role=group], [role=radiogroup], [role=region], dialog, [role=dialog], nav, fieldset')) if (!named(e) || !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.querySelector('legend'))) say('a group without a name', e);
  for (const e of all('div[aria-label], span[aria-label], p[aria-label], i[aria-label], b[aria-label]')) if (!e.getAttribute('role')) say('a name that is not read out, for lack of a role', e);
  for (const e of all('section')) if (e.querySelector('h2, h3') && !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby'))) say('a section without a name', e);
  for (const e of all('a:not([href])')) say('a link to nowhere', e);
  for (const e of all(controls)) if (e.parentElement.closest('button, a[href], [role=button]')) say('a control within a control', e);
  for (const e of all('[aria-hidden=true] ' + controls.replaceAll(', ', ', [aria-hidden=true] '))) if (e.tabIndex >= 0) say('hidden from those who hear, and reached by the keyboard', e);
  for (const e of all('body *')) {
    if (getComputedStyle(e).cursor === 'pointer' && !e.closest(controls + ', label, [tabindex="0"][role]') && !e.parentElement.closest('svg, canvas')) say('invites a click, and is no control', e);
  }
  for (const e of all('img')) if (!e.hasAttribute('alt')) say('a picture without alt', e);
  for (const e of all('svg, canvas')) {
    if (e.parentElement.closest('svg, [aria-hidden=true], [role=img]') || e.getAttribute('aria-hidden') === 'true') continue;
    if (e.closest('button, a[href]') && named(e.closest('button, a[href]'))) continue;
    if (!['img', 'group', 'application', 'graphics-document'].includes(e.getAttribute('role') ?? '') || !named(e)) say('a drawing without role or name', e);
  }

  const mains = all('main'), titles = all('h1');
  if (mains.length !== 1) say(`${mains.length} main parts`);
  if (titles.length !== 1) say(`${titles.length} headings of the first level`);
  let level = 0;
  for (const e of all('h1, h2, h3, h4, h5, h6')) {
    const now = Number(e.tagName[1]);
    if (now > level + 1) say(`a heading of level ${now} after level ${level}`, e);
    if (!e.textContent.trim()) say('an empty heading', e);
    level = now;
  }
  for (const e of all('table')) {
    if (e.closest('.u-legend') || e.matches('.u-legend')) continue; // drawn by the chart; its figures are read from the view's own table
    const heads = [...e.querySelectorAll('th')];
    if (!heads.length) say('a table without headers', e);
    for (const h of heads) {
      if (!h.scope) say('a header that does not say of what', h);
      if (!h.textContent.trim() && !h.getAttribute('aria-label')) say('an empty header', h);
    }
    if (!named(e.closest('[aria-labelledby], [aria-label], section, figure') ?? e)) say('a table without a name', e);
  }
  for (const e of document.querySelectorAll('[aria-live]:not([aria-live=off]), [role=log], [role=timer], [role=marquee], [role=status]')) {
    if (!e.closest('#alarm-bar, #alarms, .notices, #link, dialog, #heat-cell')) say('read out, and no alarm', e); // #heat-cell: what the reader's own arrow keys have reached
  }
  return faults;
}, lang);

/** contrast is that of texts (1.4.3), of what a control is known by, and of what shows that it is chosen (1.4.11). */
export const contrast = (page) => page.evaluate(() => {
  const { parsed, over, ratio, ground, faded, seen, tag, controls } = window.audit;
  const faults = [];
  /** What is stale is faint on purpose; its age stands beside it in full ink. */
  const stale = '[data-freshness=stale], [data-freshness=silent], [data-old=true], [data-asking=true], [data-link=lost]';
  const off = (e) => e.closest(':disabled, [aria-disabled=true]') || e.closest('label')?.querySelector(':disabled');

  const texts = [...document.querySelectorAll('body *')].filter((e) => seen(e) && !off(e) && !e.closest('.watermark') && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && !['SCRIPT', 'STYLE', 'OPTION'].includes(e.tagName));
  for (const e of texts) {
    const s = getComputedStyle(e);
    const svg = e.ownerSVGElement;
    const grounds = svg ? [behindShape(e, s)] : groundsOf(e, s);
    const ink = parsed(svg ? s.fill : s.color);
    const share = faded(e) * ink.a * (svg ? Number(s.fillOpacity) : 1);
    const size = parseFloat(s.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(s.fontWeight) >= 700);
    const wanted = large || (share < 1 && e.closest(stale)) ? 3 : 4.5;
    for (const g of grounds) {
      const r = ratio(over(ink.rgb, share, g), g);
      if (r < wanted - 0.005) {
        faults.push(`contrast ${r.toFixed(2)} of ${wanted}: ${s.color} on rgb(${g.map(Math.round)}) ${tag(e)}`);
        break;
      }
    }
  }

  /** groundsOf are the colours that a text stands on: stripes behind it count too, unless a halo keeps them off. */
  function groundsOf(e, s) {
    const list = [ground(e)];
    if (s.textShadow !== 'none') return list;
    for (let x = e; x; x = x.parentElement) {
      const style = getComputedStyle(x);
      if (style.backgroundImage.includes('gradient')) {
        for (const c of style.backgroundImage.match(/rgba?\([^)]*\)|color\([^)]*\)/g) ?? []) {
          const p = parsed(c);
          list.push(over(p.rgb, p.a, ground(x)));
        }
      }
      if (parsed(style.backgroundColor).a === 1) break;
    }
    return list;
  }

  /** behindShape is what a text of a drawing stands on: its halo, or the shapes drawn before it. */
  function behindShape(e, s) {
    if (s.paintOrder.startsWith('stroke') && s.stroke !== 'none' && parseFloat(s.strokeWidth) >= 2) return parsed(s.stroke).rgb;
    const svg = e.ownerSVGElement;
    const box = e.getBoundingClientRect();
    let under = ground(svg.parentElement);
    const own = parsed(getComputedStyle(svg).backgroundColor);
    under = over(own.rgb, own.a, under);
    for (const shape of svg.querySelectorAll('rect, path, circle, ellipse, polygon')) {
      if (!(shape.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING) || !seen(shape) || shape.closest('defs, clipPath, mask, pattern')) continue;
      const style = getComputedStyle(shape);
      const fill = parsed(style.fill);
      const a = fill.a * Number(style.fillOpacity) * faded(shape);
      const at = shape.getScreenCTM()?.inverse();
      if (style.fill === 'none' || style.fill.startsWith('url') || !a || !at) continue;
      const p = svg.createSVGPoint();
      [p.x, p.y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
      if (shape.isPointInFill(p.matrixTransform(at))) under = over(fill.rgb, a, under);
    }
    return under;
  }

  const sides = ['Top', 'Right', 'Bottom', 'Left'];
  const lines = (s) => sides.filter((x) => parseFloat(s[`border${x}Width`]) >= 1 && s[`border${x}Style`] !== 'none').map((x) => parsed(s[`border${x}Color`])).filter((c) => c.a > 0);
  for (const e of [...document.querySelectorAll(controls)].filter((e) => seen(e) && !off(e))) {
    const s = getComputedStyle(e);
    const outside = ground(e.parentElement);
    const inside = ground(e);
    const framed = lines(s);
    const native = ['checkbox', 'radio', 'range', 'file'].includes(e.type) && s.appearance !== 'none';
    const typed = ['INPUT', 'SELECT', 'TEXTAREA'].includes(e.tagName) && !native;
    const known = ratio(inside, outside) >= 3 || framed.some((c) => ratio(over(c.rgb, c.a, outside), outside) >= 2.995);
    const inGroup = e.closest('.switch') && lines(getComputedStyle(e.closest('.switch'))).some((c) => ratio(c.rgb, ground(e.closest('.switch').parentElement)) >= 2.995);
    if ((typed || framed.length === 4) && !known && !inGroup) faults.push(`the border of a control is too faint: ${tag(e)}`);
    if (e.matches('[aria-pressed=true], [aria-selected=true], [aria-current]:not([aria-current=false])')) {
      const bars = (s.boxShadow.match(/rgba?\([^)]*\)|color\([^)]*\)/g) ?? []).map(parsed);
      const marked = ratio(inside, outside) >= 3 || [...framed, ...bars].some((c) => ratio(over(c.rgb, c.a, inside), inside) >= 2.995);
      if (!marked) faults.push(`that it is chosen is too faint: ${tag(e)}`);
    }
  }
  return faults;
});

/** focus is whether the eye finds what the keyboard has reached (2.4.7, 1.4.11). */
export const focus = async (page) => (await page.keyboard.press('Tab'), page.evaluate(() => {
  const { parsed, ratio, ground, seen, tag, controls } = window.audit;
  const faults = [];
  for (const e of document.querySelectorAll(controls + ', [tabindex="0"]')) {
    if (!seen(e) || e.disabled || e.tabIndex < 0) continue;
    e.focus({ preventScroll: true, focusVisible: true });
    if (document.activeElement !== e) continue;
    const s = getComputedStyle(e);
    const drawn = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
    if (!drawn) faults.push(`focus is not seen: ${tag(e)}`);
    else if (ratio(parsed(s.outlineColor).rgb, ground(parseFloat(s.outlineOffset) < 0 ? e : e.parentElement)) < 3) faults.push(`focus is too faint: ${tag(e)}`);
  }
  document.activeElement?.blur();
  return faults;
}));

/** layout is what does not fit: a page wider than its window, words cut off, texts over each other, targets too small for a finger (2.5.8). */
export const layout = (page) => page.evaluate(() => {
  const { seen, shownBox, tag, controls } = window.audit;
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll('body *')].filter((e) => seen(e) && e.getBoundingClientRect().right > root.clientWidth + 1 && shownBox(e, e.getBoundingClientRect())?.right > root.clientWidth + 1).slice(0, 2);
    faults.push(`the page is ${root.scrollWidth - root.clientWidth} px wider than its window: ${wide.map(tag).join(' / ')}`);
  }
  for (const e of document.querySelectorAll('button, h1, h2, h3, label, legend, th, td, dt, dd, .note, .badge, .chip, summary, a')) {
    const s = getComputedStyle(e);
    if (!seen(e) || s.overflowX === 'visible' || ['auto', 'scroll'].includes(s.overflowX) || e.closest('.sr')) continue;
    if (e.scrollWidth > e.clientWidth + 1 && !e.title && !e.closest('[title]')) faults.push(`words are cut off: ${tag(e)}`);
  }

  /** floats is what an element lies on that may cover other things while they are scrolled. */
  const floats = (e) => {
    for (let x = e; x && x !== document.body; x = x.parentElement) if (['sticky', 'fixed'].includes(getComputedStyle(x).position) || x.tagName === 'DIALOG') return x;
    return null;
  };
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || !seen(e) || e.closest('script, style, option, noscript')) continue;
    const range = document.createRange();
    range.selectNodeContents(n);
    for (const r of range.getClientRects()) {
      const air = 0.2 * r.height; // above and below the letters
      const box = r.width > 2 && shownBox(n, { left: r.left, right: r.right, top: r.top + air, bottom: r.bottom - air });
      if (box) boxes.push({ ...box, e });
    }
  }
  boxes.sort((a, b) => a.top - b.top);
  for (let i = 0; i < boxes.length; i++) {
    for (let j = i + 1; j < boxes.length && boxes[j].top < boxes[i].bottom; j++) {
      const [a, b] = [boxes[i], boxes[j]];
      if (a.e === b.e || Math.min(a.right, b.right) - Math.max(a.left, b.left) < 3 || Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) < 2) continue;
      if (floats(a.e) !== floats(b.e)) continue;
      faults.push(`texts over each other: ${tag(a.e)} / ${tag(b.e)}`);
    }
  }

  const targets = [...document.querySelectorAll(controls)].filter((e) => seen(e) && !e.disabled).map((e) => {
    const label = e.closest('label');
    const r = (['checkbox', 'radio'].includes(e.type) && label ? label : e).getBoundingClientRect();
    return { e, r, small: r.width < 24 || r.height < 24, x: (r.left + r.right) / 2, y: (r.top + r.bottom) / 2 };
  }).filter((t) => {
    if (!t.r.width || !shownBox(t.e, t.r)) return false;
    const top = t.x >= 0 && t.y >= 0 && t.x < innerWidth && t.y < innerHeight && document.elementFromPoint(t.x, t.y);
    return !top || t.e.contains(top) || top.contains(t.e) || floats(top) === floats(t.e); // what lies under a bar is not aimed at
  });
  const apart = (t, o) => Math.hypot(Math.max(o.r.left - t.x, 0, t.x - o.r.right), Math.max(o.r.top - t.y, 0, t.y - o.r.bottom)) >= 11.5 && (!o.small || Math.hypot(o.x - t.x, o.y - t.y) >= 23.5);
  for (const t of targets) {
    if (!t.small) continue;
    const within = t.e.parentElement;
    if (t.e.tagName === 'A' && getComputedStyle(t.e).display === 'inline' && within.textContent.trim().length > t.e.textContent.trim().length + 3) continue; // in a sentence
    const near = targets.find((o) => o !== t && !o.e.contains(t.e) && !t.e.contains(o.e) && floats(o.e) === floats(t.e) && !apart(t, o));
    if (near) faults.push(`a target of ${t.r.width.toFixed(0)}×${t.r.height.toFixed(0)} px is too small: ${tag(t.e)}`);
  }
  return faults;
});

/** unsaid lists texts that are the key of a message, or have a placeholder left. */
export const unsaid = (page, keys) => page.evaluate((keys) => {
  const known = new Set(keys);
  const begins = new Set(keys.map((k) => k.slice(0, k.indexOf('.'))));
  const texts = [document.title, ...document.body.innerText.split('\n')];
  for (const e of document.querySelectorAll('[title], [aria-label], [placeholder], [alt]')) for (const a of ['title', 'aria-label', 'placeholder', 'alt']) texts.push(e.getAttribute(a) ?? '');
  return texts.filter((x) => /\{[a-z_]+\}/.test(x) || (x.match(/[a-z_]+(\.[a-zA-Z0-9_-]+)+/g) ?? []).some((w) => known.has(w) || (begins.has(w.split('.')[0]) && !/\.(go|md|csv|xlsx|yaml|kz|js)$/.test(w) && w.split('.').every((p) => p.length > 1) && x.trim() === w))).map((x) => `not said in words: ${x.trim().slice(0, 80)}`);
}, keys);

/** foreign lists what is said in English on a page in another language: four words of Latin letters one after another, but no command of asue. What a file says stays as it was written. */
export const foreign = (page, lang) => lang === 'en' ? [] : page.evaluate(() => {
  const sentence = /(?<![\w.@/-])[a-z][a-z',]*(?: [a-z][a-z',]*){3,}/i;
  const faults = [];
  const hold = (text) => sentence.test((text ?? '').replace(/\basue [a-z].*/, '')) && faults.push(`said in English: ${text.trim().slice(0, 160)}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) if (!n.parentElement.closest('pre, code, textarea, script, [lang=en]') && n.parentElement.checkVisibility()) hold(n.data);
  for (const e of document.querySelectorAll('[title], [aria-label]')) { hold(e.title); hold(e.getAttribute('aria-label')); }
  return [...new Set(faults)];
});
