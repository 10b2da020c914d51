import type { ComponentChildren } from 'preact';
import { computed } from '@preact/signals';
import { useState } from 'preact/hooks';
import { age } from '../format';
import { t } from '../i18n';
import { serverNow } from '../store';

const signs: Record<string, string> = { ok: '●', note: '◆', wrong: '▲' };

/** Sign is a state as a shape and a word; colour only helps. */
export function Sign({ state, word }: { state: string; word?: string }) {
  return (
    <span class={state === 'wrong' ? 'failed' : undefined} data-state={state}>
      <span aria-hidden="true">{signs[state] ?? '?'}</span> {word ?? t('system.state.' + state)}
    </span>
  );
}

/** Link is whether somebody is heard, as such a sign. */
export const Link = ({ up }: { up: boolean }) => <Sign state={up ? 'ok' : 'wrong'} word={t(up ? 'link.live' : 'system.offline')} />;

/** Panel is a titled part of the view. */
export function Panel({ id, title, aside, at, children }: { id: string; title: string; aside?: ComponentChildren; at?: number; children: ComponentChildren }) {
  return (
    <section class="panel" id={id} aria-labelledby={id + '-title'}>
      <div class="head">
        <h2 id={id + '-title'}>{title}</h2>
        {at && <span class="muted num asked">{computed(() => t('system.ago', { age: age((serverNow.value - at) / 1000) }))}</span>}
        {aside}
      </div>
      {children}
    </section>
  );
}

/** Table scrolls, by the keyboard too. */
export function Table({ label, columns, children, id }: { label: string; columns: [string, string?][]; children: ComponentChildren; id?: string }) {
  return (
    <div class="scroll books-table cards" tabIndex={0} role="group" aria-labelledby={label}>
      <table id={id}>
        <thead>
          <tr>
            {columns.map(([key, kind]) => (
              <th key={key} scope="col" class={kind}>{t(key)}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Facts is a list of figures with their names. */
export function Facts({ list }: { list: [name: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts num">
      {list.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Trouble says that an answer did not come, or is on its way. */
export function Trouble({ answer }: { answer: { data?: unknown; failure?: string; asking: boolean } }) {
  if (answer.failure) return <p class="muted empty failed" role="alert">{t('books.failed', { reason: answer.failure })}</p>;
  return answer.data === undefined ? <p class="muted empty">{t('trend.loading')}</p> : null;
}

/** Command is a line to be typed at the machine, which can be taken along. */
export function Command({ line, label }: { line: string; label: string }) {
  const [taken, setTaken] = useState(false);
  const take = () => navigator.clipboard?.writeText(line).then(() => setTaken(true), () => undefined);
  return (
    <p class="system-command">
      <span class="muted">{label}</span> <code>{line}</code>{' '}
      <button type="button" class="button" onClick={take} aria-label={`${t('system.copy')}: ${line}`}>{t(taken ? 'system.copied' : 'system.copy')}</button>
    </p>
  );
}
