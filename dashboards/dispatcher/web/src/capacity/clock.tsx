import { t } from '../i18n';
import type { CaseView } from './types';
import { remaining, stageWord } from './words';

/** Clock is how much time is left at the stage, or why clocks stand still. */
export function Clock({ c }: { c: CaseView }) {
  if (c.stage === 'RETURNED' || c.stage === 'CLOSED') return <p class="cap-clock">{c.stage === 'RETURNED' ? '✓' : '–'} {stageWord(c.stage)}</p>;
  if (c.paused?.length) return <p class="cap-clock paused">⏸{'\uFE0E'} {t('clock.paused', { why: c.paused.map((p) => t('cause.' + p)).join(', ') })}</p>;
  if (c.stage === 'RETURN') return <p class="cap-clock"><Lacks c={c} /></p>;
  if (!c.deadline) return <p class="cap-clock muted">{t('clock.none')}</p>;
  const left = remaining(c.deadline);
  return <p class={left.over ? 'cap-clock over' : 'cap-clock'}>{left.over ? '▲' : '◷'} {left.text}</p>;
}

const papers = ['register', 'contract', 'limit'];

/** Lacks is what a return has and what it still needs: only all three of them free power. */
export function Lacks({ c }: { c: CaseView }) {
  return (
    <span class="cap-lacks">
      {papers.map((p) => {
        const lacks = c.lacks?.includes(p) ?? false;
        return (
          <span key={p} data-paper={p} data-lacks={String(lacks)}>
            <span aria-hidden="true">{lacks ? '✗' : '✓'}</span>
            <span class="sr">{t(lacks ? 'lacks.no' : 'lacks.yes')}</span> {t('lacks.' + p)}
          </span>
        );
      })}
    </span>
  );
}
