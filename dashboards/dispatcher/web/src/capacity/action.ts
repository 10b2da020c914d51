import { t } from '../i18n';
import { reworded } from '../said';
import type { Action } from './types';
import { kilowatts } from './words';

/** contents are what an action says beside its paper, for the person who is to sign it. */
export function contents(a: Action): string {
  const e = a.event;
  const parts: (string | undefined | false)[] = [
    e?.volume_w && t('said.volume', { power: kilowatts(e.volume_w) }),
    e?.remains_w !== undefined && e.remains_w > 0 && t('said.remains', { power: kilowatts(e.remains_w) }),
    e?.measures?.map((m) => t('measure.' + m)).join(', '),
    e?.outcome && t('outcome.' + e.outcome),
    e?.cause && t('cause.' + e.cause),
    e?.plan && t('said.plan', { days: String(e.plan.term.days), what: e.plan.milestones.map((m) => `${m.what} (${m.days})`).join('; ') }),
    a.application,
    a.terms && t('said.terms', { power: kilowatts(a.terms.firm_w) }),
    reworded(a.why),
  ].map((x) => x || undefined);
  const said = parts.filter(Boolean).join(' · ');
  return said && `· ${said}`;
}
