// Colours of voltage classes: of lines and bars only, never of text or signs. The two
// utilities' palettes stand here as published code has them that names the documents
// (СТО 56947007-25.040.70.101-2011 and ГОСТ Р 56303-2014); check them against the edition
// that is in force at a site. The third is that of Okabe and Ito (2008), which people
// with any colour vision can tell apart.
import { signal } from '@preact/signals';
import { keep, recall } from '../i18n';

export type PaletteName = 'gost' | 'sto' | 'safe';
export const palettes: PaletteName[] = ['gost', 'sto', 'safe'];

/** A class counts from its voltage, in kV, upwards. */
const colours: Record<PaletteName, [number, string][]> = {
  gost: [[210, '#b5b500'], [140, '#aa9600'], [100, '#0099ff'], [50, '#ff33cc'], [30, '#663300'], [14, '#a020f0'], [8, '#6600cc'], [2, '#006600'], [0, '#7f7f7f']],
  sto: [[210, '#c8c800'], [140, '#aa9600'], [100, '#00b4c8'], [14, '#826432'], [8, '#640064'], [2, '#c89664'], [0, '#bebebe']],
  safe: [[210, '#e69f00'], [100, '#0072b2'], [50, '#56b4e9'], [14, '#d55e00'], [8, '#009e73'], [2, '#cc79a7'], [0, '#7f7f7f']],
};

export const palette = signal<PaletteName>(palettes.find((p) => p === recall('asue.palette')) ?? 'gost');

export function paint(p: PaletteName): void {
  keep('asue.palette', p);
  palette.value = p;
}

/** colourOf is the colour of a nominal voltage. */
export function colourOf(kv: number): string {
  return colours[palette.value].find(([from]) => kv >= from)![1];
}
