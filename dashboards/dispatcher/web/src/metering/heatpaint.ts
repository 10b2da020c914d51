// The drawing of the map. A cell is filled from below by what was measured; above
// it stands what was put in its place, hatched; what is missing stays empty and
// framed. So it can be read without colour.
import { shortDay } from './days';
import type { Completeness, CompletenessRow } from './types';

export interface Measures {
  cell: number;
  rowHeight: number;
  headHeight: number;
}

/** worstOf is the letter of a cell: of its worst part; N where something is missing; empty where nothing is due. */
export function worstOf(n: number[]): string {
  const [a = 0, f = 0, s = 0, e = 0, none = 0, missing = 0] = n;
  if (none + missing > 0) return 'N';
  if (e > 0) return 'E';
  if (s > 0) return 'S';
  return a + f > 0 ? 'A' : '';
}

export function paint(canvas: HTMLCanvasElement, days: Completeness['days'], rows: CompletenessRow[], m: Measures): void {
  const width = days.length * m.cell;
  const height = m.headHeight + rows.length * m.rowHeight;
  const dense = window.devicePixelRatio || 1;
  canvas.width = width * dense;
  canvas.height = height * dense;
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  const c = canvas.getContext('2d')!;
  c.scale(dense, dense);
  const css = getComputedStyle(document.documentElement);
  const ink = (name: string) => css.getPropertyValue(name).trim();
  const tones = { measured: ink('--fill-soft'), hatch: ink('--warn-sign'), stood: ink('--warn-ground'), gap: ink('--alarm'), text: ink('--ink'), muted: ink('--muted') };
  heads(c, days, m, tones.muted, css.fontFamily);
  c.textAlign = 'center';
  c.font = `600 ${m.cell >= 14 ? 11 : 9}px ${css.fontFamily}`;
  rows.forEach((r, y) => {
    r.days.forEach((d, x) => square(c, d.n, x * m.cell, m.headHeight + y * m.rowHeight, m, tones));
  });
}

type Tones = Record<'measured' | 'hatch' | 'stood' | 'gap' | 'text' | 'muted', string>;

function square(c: CanvasRenderingContext2D, n: number[], x: number, y: number, m: Measures, tones: Tones): void {
  const [a = 0, f = 0, s = 0, e = 0, none = 0, missing = 0] = n;
  const due = a + f + s + e + none + missing;
  const w = m.cell - 1;
  const h = m.rowHeight - 2;
  if (due === 0) {
    c.fillStyle = tones.muted;
    c.fillRect(x + w / 2 - 1, y + h / 2, 2, 1);
    return;
  }
  // A part of the day is at least three pixels high, so that a single lost quarter is seen.
  const lost = none + missing ? Math.max(3, Math.round((h * (none + missing)) / due)) : 0;
  const stood = s + e ? Math.min(h - lost, Math.max(3, Math.round((h * (s + e)) / due))) : 0;
  c.fillStyle = tones.measured;
  c.fillRect(x, y + lost + stood, w, h - lost - stood);
  if (stood) {
    c.fillStyle = tones.stood;
    c.fillRect(x, y + lost, w, stood);
    hatch(c, x, y + lost, w, stood, tones.hatch, e > 0);
  }
  if (lost) {
    c.strokeStyle = tones.gap;
    c.lineWidth = 1;
    c.strokeRect(x + 0.5, y + 0.5, w - 1, Math.max(2, lost - 1));
  }
  const letter = worstOf(n);
  if (letter && letter !== 'A') {
    c.fillStyle = tones.text;
    c.fillText(letter, x + w / 2, y + h / 2 + 4);
  }
}

function hatch(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, tone: string, crossed: boolean): void {
  c.save();
  c.beginPath();
  c.rect(x, y, w, h);
  c.clip();
  c.strokeStyle = tone;
  c.lineWidth = 1;
  c.beginPath();
  for (let i = -h; i < w; i += 4) {
    c.moveTo(x + i, y + h);
    c.lineTo(x + i + h, y);
    if (crossed) {
      c.moveTo(x + i, y);
      c.lineTo(x + i + h, y + h);
    }
  }
  c.stroke();
  c.restore();
}

function heads(c: CanvasRenderingContext2D, days: Completeness['days'], m: Measures, tone: string, font: string): void {
  c.fillStyle = tone;
  c.font = `11px ${font}`;
  c.textAlign = 'left';
  const every = Math.ceil(38 / m.cell);
  days.forEach((d, i) => {
    // The last days are the ones that are looked at: the labels count back from them.
    if ((days.length - 1 - i) % every === 0 && (i + 1) * m.cell >= 30) {
      c.textAlign = 'right';
      c.fillText(shortDay(d.date), (i + 1) * m.cell - 1, m.headHeight - 7);
    }
  });
}
