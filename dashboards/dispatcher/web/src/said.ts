// What the programs say in English sentences, in the reader's language. A key of a
// catalogue that begins with "=" is such a sentence, with {a}, {b} … for what
// changes in it; English needs none.
import { date, hourMinute } from './format';
import { decimal, fill, has, lang, learned, sentences, t, type Lang } from './i18n';
import { zone } from './store';

interface Sentence {
  begin: string; // what stands before the first placeholder
  end: string; // and after the last
  literal: number; // letters that are no placeholder
  names: string[];
  word: boolean; // which means something within a sentence only
  tight: RegExp; // whose placeholders stop at a semicolon
  loose: RegExp;
  text: string;
}

/** known are the sentences of a language, those that say most first. */
const known: Record<Lang, Sentence[]> = { ru: [], kk: [], en: [] };
const told = new Map<string, string | undefined>(); // what was translated before, within a sentence or as one
let of = '';
let little = new Map<string, string>(); // words that join names

/** reworded is a text of a program in the reader's language. A sentence that no catalogue knows stays as it was said. */
export function reworded(text: string | undefined): string {
  const l = lang.value;
  if (!text || l === 'en') return text ?? '';
  const list = sentences(l);
  const state = `${l} ${learned.value} ${zone.value}`;
  if (state !== of || told.size > 5000) {
    told.clear();
    of = state;
    little = new Map(list.filter(([key]) => key === 'and' || key === 'with'));
    if (known[l].length !== list.length) known[l] = list.map(([key, meant]) => sentence(key, meant)).sort((a, b) => b.literal - a.literal);
  }
  return translated(text, l, 0) ?? (/\p{L}{3}/u.test(text) ? text : figures(text)); // what a person wrote stays as it was written
}

function sentence(key: string, text: string): Sentence {
  const parts = key.split(/\{\w+\}/);
  const pattern = (holder: string) => new RegExp(`^${parts.map((p) => p.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join(holder)}$`, 's');
  return {
    begin: parts[0]!, end: parts.length > 1 ? parts.at(-1)! : '', literal: parts.join('').length, text, word: !key.includes(' '),
    names: [...key.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!),
    tight: pattern('((?:(?!; ).)+?)'), loose: pattern('(.+?)'),
  };
}

/**
 * translated is a sentence of the catalogues, or several with "; ", ": " or ", " between
 * them; nothing if none of them is known.
 */
function translated(text: string, l: Lang, depth: number): string | undefined {
  if (depth > 5) return undefined;
  const key = (depth ? 'within ' : 'whole ') + text;
  if (!told.has(key)) told.set(key, translation(text, l, depth));
  return told.get(key);
}

function translation(text: string, l: Lang, depth: number): string | undefined {
  const whole = listed(text, l, depth) ?? matched(text, l, depth, 'tight') ?? divided(text, l, depth, 'every') ?? matched(text, l, depth, 'loose');
  if (whole !== undefined) return whole;
  for (const needed of [['head', 'rest'], ['rest'], ['head']] as const) {
    for (let at = text.indexOf(': '); at > 0; at = text.indexOf(': ', at + 1)) {
      const part = { head: translated(text.slice(0, at), l, depth + 1), rest: translated(text.slice(at + 2), l, depth + 1) };
      if (needed.every((p) => part[p] !== undefined)) return `${part.head ?? figures(text.slice(0, at))}: ${part.rest ?? figures(text.slice(at + 2))}`;
    }
  }
  return divided(text, l, depth, 'some');
}

/** listed is a list of sentences with commas between them. */
function listed(text: string, l: Lang, depth: number): string | undefined {
  if (!text.includes(', ')) return undefined;
  const parts = text.split(', ').map((part) => matched(part, l, depth + 1, 'tight'));
  return parts.every((p) => p !== undefined) ? parts.join(', ') : undefined;
}

/** divided is sentences with semicolons between them, if every one or some is known. */
function divided(text: string, l: Lang, depth: number, needed: 'every' | 'some'): string | undefined {
  if (!text.includes('; ')) return undefined;
  const parts = text.split('; ').map((part) => ({ part, meant: translated(part, l, depth + 1) }));
  return parts[needed]((p) => p.meant !== undefined) ? parts.map((p) => p.meant ?? figures(p.part)).join('; ') : undefined;
}

function matched(text: string, l: Lang, depth: number, pattern: 'tight' | 'loose'): string | undefined {
  for (const s of known[l]) {
    if ((s.word && depth === 0) || !text.startsWith(s.begin) || !text.endsWith(s.end)) continue;
    const found = s[pattern].exec(text);
    if (found) return fill(s.text, Object.fromEntries(s.names.map((name, i) => [name, translated(found[i + 1]!, l, depth + 1) ?? figures(found[i + 1]!)])));
  }
  return undefined;
}

/** figures writes numbers, units, durations and times as the reader's language has them. */
function figures(text: string): string {
  return text
    .replace(/(?<=\S) (and|with) (?=\S)/g, (as, word: string) => (little.has(word) ? ` ${little.get(word)} ` : as))
    .replace(/(?<![\w.,])\d{1,3}(,\d{3})+(?![\w.,])/g, (grouped) => grouped.replaceAll(',', '\u202f'))
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)/g, (stamp) => {
      const at = Date.parse(stamp);
      return `${date(at, zone.value)} ${hourMinute(at, zone.value)}`;
    })
    .replace(/(?<![\w-])(\d{4})-(\d\d)-(\d\d)(?![\w-])/g, '$3.$2.$1')
    .replace(/(?<![\w.,-])(?=\d)(\d+h)?(\d+m(?!s))?(\d+(?:\.\d+)?(?:s|ms|µs))?(?![\w])/g, (all: string, h?: string, m?: string, s?: string) => {
      const list = [[h, 'h'], [m, 'min'], [s, s?.endsWith('ms') ? 'ms' : 's']] as const;
      const some = list.filter(([x]) => x && parseFloat(x) > 0);
      return (some.length ? some : list.filter(([x]) => x).slice(-1)).map(([x, unit]) => `${number(x!.replace(/[a-zµ]+$/, ''))}\u00a0${unitOf(unit)}`).join(' ') || all;
    })
    .replace(/(?<![\w.,-])([-+−]?\d+(?:\.\d+)?)\s?(%|[GMk]?(?:Wh?|VA|V|A)|[Mk]?varh?)(?![\wа-яё])/g, (_, x: string, unit: string) => `${number(x)}\u00a0${unitOf(unit)}`)
    .replace(/(?<![\w.,:-])(\d+\.\d+)(?![\w.:])/g, (x) => number(x));
}

/** number writes a number that was printed by a program, digit by digit. */
const number = (x: string): string => x.replace('.', decimal(0.5, 1).charAt(1));

/** unitOf is a unit in the letters of the language. */
function unitOf(unit: string): string {
  if (has('unit.' + unit)) return t('unit.' + unit);
  return unit.replace('var', 'вар').replace('VA', 'ВА').replace('W', 'Вт').replace('V', 'В').replace('A', 'А')
    .replace('h', '·' + t('unit.h')).replace('ms', 'мс').replace('µs', 'мкс').replace(/^G/, 'Г').replace(/^M/, 'М').replace(/^k/, 'к');
}
