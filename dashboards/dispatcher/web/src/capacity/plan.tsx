import { t } from '../i18n';
import { Field } from './parts';

/** Plan is a corrective plan as it is filled in. */
export interface Plan {
  days: string;
  steps: { what: string; days: string }[];
}

/** planOf is the same as the office takes it; lines without words are left out. */
export function planOf(p: Plan) {
  return {
    term: { days: Number(p.days) },
    milestones: p.steps.filter((s) => s.what.trim()).map((s) => ({ what: s.what.trim(), days: Number(s.days) })),
  };
}

/** Milestones asks for the term of a plan and its milestones. */
export function Milestones({ plan, onChange }: { plan: Plan; onChange: (p: Plan) => void }) {
  const step = (n: number, part: Partial<Plan['steps'][number]>) => onChange({ ...plan, steps: plan.steps.map((s, i) => (i === n ? { ...s, ...part } : s)) });
  return (
    <fieldset>
      <legend>{t('plan.title')}</legend>
      <Field label={t('plan.days')}>
        <input id="plan-days" type="number" min="1" max="90" required value={plan.days} onInput={(e) => onChange({ ...plan, days: e.currentTarget.value })} />
      </Field>
      <ol class="cap-milestones">
        {plan.steps.map((s, n) => (
          <li key={n}>
            <input aria-label={t('plan.what', { n: String(n + 1) })} placeholder={t('plan.what', { n: String(n + 1) })} data-milestone={n} required={n === 0} maxLength={200} value={s.what} onInput={(e) => step(n, { what: e.currentTarget.value })} />
            <input aria-label={t('plan.due', { n: String(n + 1) })} type="number" min="1" max={plan.days} data-due={n} value={s.days} onInput={(e) => step(n, { days: e.currentTarget.value })} />
            <span class="muted">{t('plan.day')}</span>
          </li>
        ))}
      </ol>
      <button type="button" class="button" id="plan-more" onClick={() => onChange({ ...plan, steps: [...plan.steps, { what: '', days: plan.days }] })}>{t('plan.more')}</button>
    </fieldset>
  );
}
