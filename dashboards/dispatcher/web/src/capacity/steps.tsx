import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { follow } from '../route';
import { act, reasons } from './data';
import { Choose, Field, Reasons } from './parts';
import { Milestones, planOf, type Plan } from './plan';
import type { Action, CaseView, StepEvent } from './types';
import { kilowatts, stepWord } from './words';

const returning = ['register', 'contract', 'limit'];
const measures = ['reservation-fee', 'lower-rating', 'non-firm'];
const causes = ['force-majeure', 'zone'];
const outcomes = ['dismissed', 'amended', 'upheld'];

/** Steps offers what can be done next in a case, with what each step needs. */
export function Steps({ c }: { c: CaseView }) {
  const [kind, setKind] = useState('');
  const kinds = c.possible.filter((k) => k !== 'open' && k !== 'reopen');
  const chosen = kinds.includes(kind) ? kind : '';
  return (
    <section class="panel" id="steps" aria-labelledby="steps-title">
      <div class="head">
        <h2 id="steps-title">{t('steps.possible')}</h2>
      </div>
      {!kinds.length && <p class="muted empty">{t(c.stage === 'RETURNED' ? 'steps.returned' : 'steps.nothing')}</p>}
      <ul class="cap-kinds">
        {kinds.map((k) => (
          <li key={k}>
            <button type="button" class="button" aria-pressed={chosen === k} data-step={k} onClick={() => setKind(chosen === k ? '' : k)}>
              {stepWord(k)} <TwoSigned on={c.two_signed.includes(k)} />
            </button>
          </li>
        ))}
      </ul>
      {c.possible.includes('reopen') && (
        <p class="cap-why">
          {t('steps.reopen')} <a {...follow('capacity', { resident: c.resident, node: c.node })}>{t('case.use')}</a>
        </p>
      )}
      {chosen && <Form key={c.id + chosen} c={c} kind={chosen} onDone={() => setKind('')} />}
      <p class="muted cap-why cap-rule">
        <TwoSigned on /> {t('steps.two')}
      </p>
    </section>
  );
}

function TwoSigned({ on }: { on: boolean }) {
  return on ? (
    <span class="cap-two" title={t('steps.two')}>
      <span aria-hidden="true">◆2</span>
      <span class="sr">{t('steps.two.short')}</span>
    </span>
  ) : null;
}

interface Filled {
  document: string;
  basis: string;
  kilowatts: string;
  measures: string[];
  cause: string;
  outcome: string;
  milestone: string;
  months: string;
  plan: Plan;
}

function blank(c: CaseView): Filled {
  return {
    document: '', basis: '', kilowatts: String(c.volume_w / 1e3), measures: ['non-firm'],
    cause: c.paused?.find((p) => causes.includes(p)) ?? causes[0]!, outcome: outcomes[0]!,
    milestone: String(Math.max(0, c.plan?.findIndex((m) => m.status === 'open') ?? 0)), months: '3', plan: { days: '90', steps: [{ what: '', days: '30' }, { what: '', days: '60' }] },
  };
}

function Form({ c, kind, onDone }: { c: CaseView; kind: string; onDone: () => void }) {
  const [f, setFilled] = useState(() => blank(c));
  const [trouble, setTrouble] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<Filled>) => setFilled({ ...f, ...part });
  const two = c.two_signed.includes(kind);
  async function submit(e: Event) {
    e.preventDefault();
    setBusy(true);
    setTrouble([]);
    try {
      await act(actionOf(c, kind, f));
      onDone();
    } catch (e) {
      setTrouble(reasons(e));
      setBusy(false);
    }
  }
  return (
    <form class="cap-form" id="step" data-kind={kind} onSubmit={(e) => void submit(e)}>
      <h3>{stepWord(kind)}</h3>
      <p class="muted">{t(`stepinfo.${kind}`)}</p>
      {kind === 'warning' && <Milestones plan={f.plan} onChange={(plan) => set({ plan })} />}
      {(kind === 'met' || kind === 'missed') && (
        <Field label={t('field.milestone')}>
          <Choose id="step-milestone" value={f.milestone} options={(c.plan ?? []).flatMap((m, n): [string, string][] => (m.status === 'open' ? [[String(n), m.what]] : []))} onChoose={(milestone) => set({ milestone })} />
        </Field>
      )}
      {kind === 'sanction' && (
        <fieldset>
          <legend>{t('field.measures')}</legend>
          {measures.map((m) => (
            <label class="check" key={m}>
              <input type="checkbox" data-measure={m} checked={f.measures.includes(m)} onChange={(e) => set({ measures: e.currentTarget.checked ? [...f.measures, m] : f.measures.filter((x) => x !== m) })} /> {t('measure.' + m)}
            </label>
          ))}
        </fieldset>
      )}
      {kind === 'settle' && (
        <Field label={t('field.outcome')}>
          <Choose id="step-outcome" value={f.outcome} options={outcomes.map((o) => [o, t('outcome.' + o)])} onChoose={(outcome) => set({ outcome })} />
        </Field>
      )}
      {(kind === 'suspend' || kind === 'resume') && (
        <Field label={t('field.cause')}>
          <Choose id="step-cause" value={f.cause} options={causes.map((x) => [x, t('cause.' + x)])} onChoose={(cause) => set({ cause })} />
        </Field>
      )}
      {(kind === 'offer' || (kind === 'settle' && f.outcome === 'amended')) && (
        <Field label={`${t('field.volume')}, ${t('unit.kW')}`} hint={t('field.volume.hint', { allowed: kilowatts(c.allowed_w) })}>
          <input id="step-volume" required inputMode="decimal" value={f.kilowatts} onInput={(e) => set({ kilowatts: e.currentTarget.value })} />
        </Field>
      )}
      {kind === 'recovered' && (
        <Field label={t('field.months')}>
          <input id="step-months" type="number" min="1" max="24" required value={f.months} onInput={(e) => set({ months: e.currentTarget.value })} />
        </Field>
      )}
      {returning.includes(kind) && <p>{t('steps.remains', { power: kilowatts(c.allowed_w - c.volume_w) })}</p>}
      <Field label={t('field.document')}>
        <input id="step-document" required maxLength={300} value={f.document} placeholder={t('field.document.hint')} onInput={(e) => set({ document: e.currentTarget.value })} />
      </Field>
      <Field label={t(two ? 'field.basis' : 'field.basis.free')}>
        <input id="step-basis" required={two} maxLength={300} value={f.basis} placeholder={t('field.basis.hint')} onInput={(e) => set({ basis: e.currentTarget.value })} />
      </Field>
      <Reasons list={trouble} id="step-trouble" />
      <div class="order-buttons">
        <button type="button" class="button" onClick={onDone}>{t('steps.cancel.step')}</button>
        <button type="submit" class="button strong" id="step-go" disabled={busy}>{t(two ? 'steps.draft' : 'steps.do')}</button>
      </div>
    </form>
  );
}

/** watts reads kilowatts as people write them. */
const watts = (text: string): number => Math.round(Number(text.replace(',', '.').replace(/\s/g, '')) * 1000) || 0;

/** actionOf is the step as the office takes it; only what its kind needs is in it. */
function actionOf(c: CaseView, kind: string, f: Filled): Action {
  const event: StepEvent = { kind };
  if (kind === 'warning') event.plan = planOf(f.plan);
  if (kind === 'met' || kind === 'missed') event.milestone = Number(f.milestone);
  if (kind === 'sanction') event.measures = f.measures;
  if (kind === 'settle') event.outcome = f.outcome;
  if (kind === 'suspend' || kind === 'resume') event.cause = f.cause;
  if (kind === 'offer' || (kind === 'settle' && f.outcome === 'amended')) event.volume_w = watts(f.kilowatts);
  if (kind === 'recovered') event.months = Number(f.months);
  if (returning.includes(kind)) event.remains_w = c.allowed_w - c.volume_w;
  return { kind: 'case.step', case: c.id, document: f.document.trim(), legal_basis: f.basis.trim() || undefined, event };
}
