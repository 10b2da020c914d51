import { signal } from '@preact/signals';
import { t } from '../i18n';
import { send } from '../me';
import { duty, inputTime, may, read, readDuty, timeOf, words, type Name } from './data';

const times: Name[] = ['received', 'start', 'end'];

/** corrected is the entry that a correction is being written to; null: another template. */
export const corrected = signal<number | null>(null);
const chosen = signal('note');
const ready = 'phrase:'; // and its number in the list
const failed = signal('');
const busy = signal(false);

/** Write is the form of an entry, by its template or by a phrase, which fills it in. */
export function Write() {
  const now = duty.value;
  if (!may.value || !now) return null;
  const phrases = now.phrases ?? [];
  const phrase = corrected.value === null && chosen.value.startsWith(ready) ? phrases[Number(chosen.value.slice(ready.length))] : undefined;
  const template = corrected.value !== null ? 'correction' : (phrase?.template ?? chosen.value);
  const fields = now.forms.find((f) => f.template === template) ?? now.forms[0]!;
  const input = (name: Name, required: boolean) => (
    <label class="field" key={(phrase?.name ?? template) + name}>
      <span>{t('log.field.' + name)}{!required && ` ${t('log.optional')}`}</span>
      {times.includes(name)
        ? <input type="datetime-local" name={name} required={required} defaultValue={required ? inputTime() : ''} />
        : <input type="text" name={name} required={required} maxLength={120} defaultValue={name === 'object' ? phrase?.object : undefined} />}
    </label>
  );
  return (
    <section class="panel no-print" id="log-write" aria-labelledby="write-title">
      <div class="head"><h2 id="write-title">{template === 'correction' ? t('log.correcting', { seq: String(corrected.value) }) : t('log.write')}</h2></div>
      <form onSubmit={(e) => { e.preventDefault(); void write(e.currentTarget, template); }}>
        {template === 'correction' ? (
          <button type="button" class="button" id="log-cancel" onClick={() => (corrected.value = null)}>{t('log.cancel')}</button>
        ) : (
          <label class="field"><span>{t('log.template')}</span>
            <select id="log-template" value={chosen.value} onChange={(e) => (chosen.value = e.currentTarget.value)}>
              {now.forms.map((f) => f.template).filter((x) => x !== 'correction').map((x) => <option key={x} value={x} selected={x === chosen.value}>{t('log.kind.log.' + x)}</option>)}
              {phrases.length > 0 && (
                <optgroup label={t('log.phrases')}>
                  {phrases.map((p, i) => <option key={i} value={ready + i} selected={ready + i === chosen.value}>{p.name}</option>)}
                </optgroup>
              )}
            </select>
          </label>
        )}
        {fields.needs.map((n) => input(n, true))}
        {fields.may.map((n) => input(n, false))}
        <label class="field wide"><span>{t('log.field.text')}</span><textarea name="text" id="log-text" key={phrase?.name} rows={2} required maxLength={2000} defaultValue={phrase?.text} /></label>
        <button type="submit" class="button strong" id="log-do" disabled={busy.value}>{t('log.do')}</button>
      </form>
      {failed.value && <p class="failed" role="alert">{failed.value}</p>}
    </section>
  );
}

async function write(form: HTMLFormElement, template: string): Promise<void> {
  const given = new FormData(form);
  const entry: Record<string, unknown> = { template, text: given.get('text') };
  if (template === 'correction') entry.corrects = corrected.peek();
  for (const name of Object.keys(Object.fromEntries(given)) as Name[]) {
    const value = String(given.get(name)).trim();
    if (value) entry[name] = times.includes(name) ? timeOf(value) : value;
  }
  busy.value = true;
  try {
    await send('/api/v1/log', entry);
    failed.value = '';
    corrected.value = null;
    form.reset();
    await Promise.all([read(), readDuty()]);
  } catch (e) {
    failed.value = words(e); // what was written stays in the form
  } finally {
    busy.value = false;
  }
}
