// The network's words in the reader's language.
import { decimal, named, plural, t } from '../i18n';
import type { NetworkState, Violation } from '../types';
import { brief, sourceNames } from '../ready';
import { plan, type Plan } from './plan';
import { elementName } from './names';
import { amount, mw, pct, stressOf } from './seen';

/** summary is the picture in one sentence, for who cannot see it. */
export function summary(s: NetworkState, p: Plan): string {
  if (s.problem) return t('diagram.problem', { reason: s.problem });
  const feeding = sourceNames(s.sources.filter((x) => x.feeding).map((x) => x.source));
  const dead = s.buses.filter((b) => !b.live).map((b) => elementName(b.node));
  const loaded = s.lines.filter((l) => l.live && stressOf(l.loading_pct)).map((l) => `${elementName(l.id)} ${pct(l.loading_pct)}`);
  const parts = [
    t('diagram.summary', { sources: feeding || t('diagram.nobody'), load: mw(s.load_mw), loss: mw(s.loss_mw) }),
    dead.length && p.buses.length ? t('diagram.summary.dead', { list: dead.join(', ') }) : '',
    loaded.length ? t('diagram.summary.loaded', { list: loaded.join(', ') }) : '',
    s.violations.length ? plural('diagram.violations', s.violations.length) : '',
  ];
  return parts.filter(Boolean).join('. ');
}

/** violationText is a broken limit with both figures. */
export function violationText(v: Violation): string {
  return t('violation.text', { element: elementName(v.element), kind: named('violation.', v.kind), value: amount(v.value, v.unit), limit: amount(v.limit, v.unit) });
}

export const scenarioName = (id: string | undefined): string => {
  const s = plan.value?.scenarios.find((x) => x.id === id);
  return s ? `${s.id}. ${s.name}` : (id ?? '');
};

/** outName is what can be out of service: an element, or all circuits on common towers. */
export const outName = (id: string): string => {
  const circuits = plan.value?.lines.filter((l) => l.towers === id) ?? [];
  if (!circuits.length) return elementName(id);
  return t('whatif.towers', { line: brief(circuits[0]!.name), n: decimal(circuits.length, 0) });
};
