// What the model says in its own words, in the reader's.
import { has, named, t } from '../i18n';
import { elementName } from './names';

/** Sayings of the model, with the elements that they name in order. What is not here is shown as it came. */
const sayings: [RegExp, string][] = [
  [/^current flows$/, 'model.flows'],
  [/^voltage on both sides and no current$/, 'model.idle'],
  [/^nothing shows it: as it stood last/, 'model.nothing'],
  [/^(\S+) has voltage and (\S+) has none$/, 'model.between'],
  [/^(\S+) has voltage and could have it no other way$/, 'model.only'],
  [/^(\S+): (\S+) is without voltage, (\S+) has it$/, 'model.transfer'],
  [/^no source$/, 'model.nosource'],
  [/^no power flow$/, 'model.noflow'],
  [/^no contract is stated: the limit is kept$/, 'model.nocontract'],
];

export function modelText(said: string): string {
  const model = 'model of the network: ';
  if (said.startsWith(model)) return t('model.by', { a: modelText(said.slice(model.length)) });
  for (const [pattern, key] of sayings) {
    const found = pattern.exec(said);
    if (found) return t(key, Object.fromEntries(['a', 'b', 'c'].map((name, i) => [name, elementName(found[i + 1] ?? '')])));
  }
  const [kind = '', element = ''] = said.split(' ');
  if (!has('violation.' + kind)) return said;
  return (element ? elementName(element) + ': ' : '') + named('violation.', kind);
}
