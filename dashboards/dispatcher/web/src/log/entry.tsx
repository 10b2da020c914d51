import { signal } from '@preact/signals';
import { t } from '../i18n';
import { send } from '../me';
import { inputTime, may, read, readDuty, timeOf, words } from './data';

type Name = 'from' | 'number' | 'received' | 'object' | 'start' | 'end';

/** templates are the fields of each: those that it must have first. The server checks. */
const templates: Record<string, { needs: Name[]; may: Name[] }> = {
  note: { needs: [], may: ['object'] },
  order: { needs: ['number', 'from', 'received'], may: ['object', 'start', 'end'] },
  switching: { needs: ['object', 'start', 'number', 'from'], may: ['received', 'end'] },
  outage: { needs: ['object', 'start'], may: ['end', 'number', 'from', 'received'] },
  phone: { needs: ['from', 'received'], may: ['number', 'object'] },
  correction: { needs: [], may: ['object', 'start', 'end', 'number', 'from', 'received'] },
};
const times: Name[] = ['received', 'start', 'end'];

/** corrected is the entry that a correction is being written to; null: another template. */
export const corrected = signal<number | null>(null);
const chosen = signal('note');
const failed = signal('');
const busy = signal(false);

/** Write is the form of an entry, by its template. */
export function Write() {
  if (!may.value) return null;
  const template = corrected.value !== null ? 'correction' : chosen.value;
  const fields = templates[template]!;
  const input = (name: Name, required: boolean) => (
    <label class="field" key={template + name}>
      <span>{t('log.field.' + name)}{!required && ` ${t('log.optional')}`}</span>
      {times.includes(name)
        ? <input type="datetime-local" name={name} required={required} defaultValue={required ? inputTime() : ''} />
        : <input type="text" name={name} required={required} maxLength={120} />}
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
            <select id="log-template" value={template} onChange={(e) => (chosen.value = e.currentTarget.value)}>
              {Object.keys(templates).filter((x) => x !== 'correction').map((x) => <option key={x} value={x} selected={x === template}>{t('log.kind.log.' + x)}</option>)}
            </select>
          </label>
        )}
        {fields.needs.map((n) => input(n, true))}
        {fields.may.map((n) => input(n, false))}
        <label class="field wide"><span>{t('log.field.text')}</span><textarea name="text" id="log-text" rows={2} required maxLength={2000} /></label>
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
