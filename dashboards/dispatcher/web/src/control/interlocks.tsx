import { has, named, t } from '../i18n';
import { reworded } from '../said';
import type { Interlock } from './orders';

const marks = { clear: '✓', warns: '▲', blocks: '✕' };

/** Interlocks is all that was looked at before something moves, also what is clear. */
export function Interlocks({ list }: { list: Interlock[] }) {
  return (
    <section class="interlocks" id="interlocks" aria-label={t('interlocks.title')}>
      <h3>{t('interlocks.title')}</h3>
      <ul>
        {list.map((i) => (
          <li key={i.name} data-interlock={i.name} data-state={i.state}>
            <span aria-hidden="true">{marks[i.state]} </span>
            <span class="sr">{named('interlock.state.', i.state)}: </span>
            {has('interlock.' + i.name) ? t('interlock.' + i.name) : i.name}
            {i.text && <span class="muted"> — {reworded(i.text)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
