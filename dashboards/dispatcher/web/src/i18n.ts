// Messages in three languages, numbers and times in the style of each.
import { signal } from '@preact/signals';

export type Lang = 'ru' | 'kk' | 'en';
export const langs: Lang[] = ['ru', 'kk', 'en'];

type Messages = Record<string, string>;
const messages: Record<Lang, Messages> = { ru: {}, kk: {}, en: {} };

/** learned changes whenever messages have come. */
export const learned = signal(0);

/** learn takes in further messages that came with a program. */
export function learn(more: Record<Lang, Messages>): void {
  for (const l of langs) put(l, more[l]);
}

/** put adds messages; those whose keys begin with "=" are sentences of the programs. */
function put(l: Lang, more: Messages): void {
  Object.assign(messages[l], more);
  for (const [key, text] of Object.entries(more)) if (key.startsWith('=')) spoken[l].push([key.slice(1), text]);
  learned.value = learned.peek() + 1;
}

const spoken: Record<Lang, [said: string, meant: string][]> = { ru: [], kk: [], en: [] };

/** sentences are those of the programs that are known by now: what they say, and what it means in the language. */
export const sentences = (l: Lang): [said: string, meant: string][] => spoken[l];

function remembered(): Lang {
  const said = recall('asue.lang') ?? document.documentElement.lang;
  return langs.find((l) => l === said) ?? 'ru';
}

export const lang = signal<Lang>(remembered());

/** wanted is the language that was chosen last: its messages may be on their way. */
let wanted = lang.peek();

/** speak changes the language. If the messages of a part cannot be had in it now, the language stays as it is. */
export async function speak(l: Lang): Promise<void> {
  wanted = l;
  try {
    await Promise.all([...further].map((c) => take(c, l)));
  } catch {
    if (wanted === l) wanted = lang.peek(); // that the server is silent is told elsewhere
    return;
  }
  if (wanted !== l) return;
  keep('asue.lang', l);
  lang.value = l;
}

/** further are the catalogues of the parts that were loaded later, taken what came of them. */
const further = new Set<string>();
const taken = new Set<string>();

/** load takes in catalogues of a part that is loaded later, in the reader's language; in another when he speaks it. */
export async function load(...catalogues: string[]): Promise<void> {
  for (const c of catalogues) further.add(c);
  await Promise.all(catalogues.flatMap((c) => [...new Set([lang.peek(), wanted])].map((l) => take(c, l))));
}

async function take(catalogue: string, l: Lang): Promise<void> {
  const name = `i18n/${catalogue}.${l}.json`;
  if (taken.has(name)) return;
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const more = await answer.json();
  if (!taken.has(name)) put(l, more); // it may have been asked for twice
  taken.add(name);
}

/** has reports whether there is a message by that key. */
export function has(key: string): boolean {
  return key in messages[lang.value];
}

/** t is a message with its placeholders filled in; a missing key shows itself. */
export function t(key: string, args?: Record<string, string>): string {
  const text = messages[lang.value][key] ?? key;
  return args ? fill(text, args) : text;
}

/** fill puts arguments into a text; a placeholder without one says "no data". */
export function fill(text: string, args: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => args[name] ?? t('value.none'));
}

// Chromium calls Kazakh supported and writes it in the root style when its data
// were left out. Its own style is that of Russian (CLDR).
const knowsKazakh = new Intl.NumberFormat('kk').format(0.5) === '0,5';

/** locale is the language whose number and date style to ask the browser for. */
export function locale(): string {
  if (lang.value === 'en') return 'en-GB';
  return lang.value === 'kk' && !knowsKazakh ? 'ru' : lang.value;
}

function pluralForm(n: number): string {
  // Kazakh by hand, for browsers without it: CLDR has one for 1 and other for the rest.
  if (lang.value === 'kk') return n === 1 ? 'one' : 'other';
  return new Intl.PluralRules(lang.value).select(n);
}

/** plural is a message in the form that the number asks for in the language. */
export function plural(key: string, n: number): string {
  const form = pluralForm(n);
  const text = messages[lang.value][`${key}.${form}`] ?? messages[lang.value][`${key}.other`] ?? key;
  return text.replaceAll('{n}', decimal(n, 0));
}

/** named is the message of an outside word, or the word itself if it is not in the catalogue. */
export function named(prefix: string, word: string): string {
  return has(prefix + word) ? t(prefix + word) : word;
}

const numberFormats = new Map<string, Intl.NumberFormat>();

export function decimal(x: number, digits: number): string {
  const key = lang.value + digits;
  let f = numberFormats.get(key);
  if (!f) {
    f = new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
    numberFormats.set(key, f);
  }
  return f.format(x);
}

// Private windows may refuse storage: the page then forgets, and works.
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // not kept
  }
}
