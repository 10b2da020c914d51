import { useState } from 'preact/hooks';
import { plural, t } from '../i18n';
import { reworded } from '../said';
import { rows } from '../store';
import { act, mayAct, reasons } from './data';
import { Choose, Field, Reasons } from './parts';
import type { Action, PoolApplication, PoolView } from './types';
import { actionWord, day, kilowatts, lastDay, remaining } from './words';

const shapes: Record<string, string> = { waiting: '◷', reserved: '◆', expired: '✕', allotted: '✓', refused: '–' };

/** possible are the kinds of actions by status. */
const possible: Record<string, string[]> = {
  waiting: ['application.reserve', 'application.refuse'],
  expired: ['application.reserve', 'application.refuse'],
  reserved: ['application.allot', 'application.give-back'],
};

/** Applications stand in the order of their scores, each with why it has its place. */
export function Applications({ view }: { view: PoolView }) {
  const name = (id: string) => view.nodes.find((n) => n.node === id)?.name || id;
  return (
    <section class="panel" id="applications" aria-labelledby="applications-title">
      <div class="head">
        <h2 id="applications-title">
          {t('applications.title')} {view.applications.length > 0 && <span class="count">{plural('applications.count', view.applications.length)}</span>}
        </h2>
        <span class="muted">{t('applications.rule')}</span>
      </div>
      {!view.applications.length && <p class="muted empty">{t('applications.none')}</p>}
      <ol class="cap-list">{view.applications.map((a) => <Item key={a.id} a={a} node={name(a.node)} />)}</ol>
    </section>
  );
}

function Item({ a, node }: { a: PoolApplication; node: string }) {
  const [kind, setKind] = useState('');
  const left = a.status === 'reserved' && a.until ? remaining(a.until) : undefined;
  const kinds = possible[a.status] ?? [];
  return (
    <li data-application={a.id} data-status={a.status}>
      <div class="cap-draft-what">
        <b>{a.name}</b> <span class="num">{kilowatts(a.power_w)}</span> · {node} <span class="muted">{a.id}, {day(a.at)}</span>
        <p>
          <span aria-hidden="true">{shapes[a.status] ?? '?'}</span> <b>{t('status.' + a.status)}</b>
          {a.until && a.status === 'reserved' && ` ${t('applications.until', { date: lastDay(a.until) })}`}
          {left && <span class={left.over ? 'cap-fault' : 'muted'}> · {left.text}</span>}
        </p>
        <p>
          {t('applications.score', { n: String(a.score) })} <span class="muted">{a.score_why.map(reworded).join(' · ')}</span>
        </p>
      </div>
      {mayAct() && kinds.length > 0 && (
        <div class="buttons">
          {kinds.map((k) => (
            <button type="button" class="button" key={k} data-do={k} aria-pressed={kind === k} onClick={() => setKind(kind === k ? '' : k)}>
              {actionWord(k)}
            </button>
          ))}
        </div>
      )}
      {kind && kinds.includes(kind) && <Form key={kind} a={a} kind={kind} onDone={() => setKind('')} />}
    </li>
  );
}

function Form({ a, kind, onDone }: { a: PoolApplication; kind: string; onDone: () => void }) {
  const [f, setFilled] = useState({ document: '', basis: '', why: '', resident: '', voltage: '10', category: '3' });
  const [trouble, setTrouble] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<typeof f>) => setFilled({ ...f, ...part });
  const one = kind === 'application.refuse';
  async function submit(e: Event) {
    e.preventDefault();
    setBusy(true);
    setTrouble([]);
    const what: Action = { kind, application: a.id, document: f.document.trim(), legal_basis: f.basis.trim() || undefined };
    if (one) what.why = f.why.trim();
    if (kind === 'application.allot') {
      what.resident = f.resident;
      what.terms = { node: a.node, firm_w: a.power_w, voltage_kv: Number(f.voltage), category: Number(f.category) };
    }
    try {
      await act(what);
      onDone();
    } catch (e) {
      setTrouble(reasons(e));
      setBusy(false);
    }
  }
  return (
    <form class="cap-form" data-form={kind} onSubmit={(e) => void submit(e)}>
      {kind === 'application.allot' && (
        <>
          <Field label={t('allot.resident')} hint={t('allot.hint')}>
            <Choose id="allot-resident" value={f.resident} empty="—" options={rows.value.map((r) => [r.id, r.fixed.value.name])} onChoose={(resident) => set({ resident })} />
          </Field>
          <Field label={`${t('allot.voltage')}, ${t('capacity.kV')}`}>
            <input type="number" step="0.1" min="0.2" max="500" value={f.voltage} onInput={(e) => set({ voltage: e.currentTarget.value })} />
          </Field>
          <Field label={t('allot.category')}>
            <Choose id="allot-category" value={f.category} options={['1', '2', '3'].map((n) => [n, 'I'.repeat(Number(n))])} onChoose={(category) => set({ category })} />
          </Field>
        </>
      )}
      {one && (
        <Field label={t('drafts.why')}>
          <input data-why required maxLength={300} value={f.why} onInput={(e) => set({ why: e.currentTarget.value })} />
        </Field>
      )}
      <Field label={t('field.document')}>
        <input data-document required maxLength={300} value={f.document} placeholder={t('field.document.hint')} onInput={(e) => set({ document: e.currentTarget.value })} />
      </Field>
      <Field label={t(one ? 'field.basis.free' : 'field.basis')}>
        <input data-basis required={!one} maxLength={300} value={f.basis} placeholder={t('field.basis.hint')} onInput={(e) => set({ basis: e.currentTarget.value })} />
      </Field>
      <Reasons list={trouble} />
      <div class="order-buttons">
        <button type="button" class="button" onClick={onDone}>{t('steps.cancel.step')}</button>
        <button type="submit" class="button strong" disabled={busy}>{t(one ? 'steps.do' : 'steps.draft')}</button>
      </div>
    </form>
  );
}
