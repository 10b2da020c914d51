import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { go } from '../route';
import { act, reasons } from './data';
import { Field, Reasons } from './parts';
import type { HostingView } from './types';
import { kilowatts } from './words';

const stated = ['jobs', 'investment', 'ready'] as const;

/** Apply enters a newcomer's application on an answer, and asks for its reservation if that is wanted. */
export function Apply({ v }: { v: HostingView }) {
  const [open, setOpen] = useState(false);
  const [f, setFilled] = useState({ name: '', document: '', basis: '', jobs: '', investment: '', ready: '', reserve: true });
  const [trouble, setTrouble] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const [entered, setEntered] = useState({ id: '', of: '' }); // the application whose reservation was refused, and whose it is
  const set = (part: Partial<typeof f>) => setFilled({ ...f, ...part });
  const count = (s: string) => Number(s) || undefined;
  async function submit(e: Event) {
    e.preventDefault();
    setBusy(true);
    setTrouble([]);
    const document = f.document.trim();
    try {
      const newcomer = {
        name: f.name.trim(), node: v.node, power_w: v.power_w, profile: v.profile, flexible: v.flexible ?? 0, answer: v.digest,
        jobs: count(f.jobs), investment_mln: count(f.investment), ready_milestones: count(f.ready),
      };
      const of = JSON.stringify(newcomer);
      const id = (entered.of === of && entered.id) || (await act({ kind: 'application.enter', document, newcomer })).application;
      if (id) setEntered({ id, of });
      if (f.reserve && id) await act({ kind: 'application.reserve', application: id, document, legal_basis: f.basis.trim() });
      go('capacity', { tab: 'pool' });
    } catch (e) {
      setTrouble(reasons(e));
      setBusy(false);
    }
  }
  if (!open) {
    return (
      <p class="cap-why">
        <button type="button" class="button strong" id="apply" onClick={() => setOpen(true)}>{t('apply.open')}</button>
      </p>
    );
  }
  return (
    <form class="cap-form" id="application" onSubmit={(e) => void submit(e)}>
      <h3>{t('apply.title', { power: kilowatts(v.power_w) })}</h3>
      <Field label={t('apply.name')}>
        <input id="apply-name" required maxLength={200} value={f.name} onInput={(e) => set({ name: e.currentTarget.value })} />
      </Field>
      <div class="cap-three">
        {stated.map((k) => (
          <Field key={k} label={t('apply.' + k)}>
            <input data-stated={k} type="number" min="0" value={f[k]} onInput={(e) => set({ [k]: e.currentTarget.value })} />
          </Field>
        ))}
      </div>
      <Field label={t('field.document')}>
        <input id="apply-document" required maxLength={300} value={f.document} placeholder={t('apply.document')} onInput={(e) => set({ document: e.currentTarget.value })} />
      </Field>
      <label class="check">
        <input type="checkbox" id="apply-reserve" checked={f.reserve} onChange={(e) => set({ reserve: e.currentTarget.checked })} /> {t('apply.reserve')}
      </label>
      {f.reserve && (
        <Field label={t('field.basis')}>
          <input id="apply-basis" required maxLength={300} value={f.basis} placeholder={t('field.basis.hint')} onInput={(e) => set({ basis: e.currentTarget.value })} />
        </Field>
      )}
      <Reasons list={trouble} id="apply-trouble" />
      <div class="order-buttons">
        <button type="button" class="button" onClick={() => setOpen(false)}>{t('steps.cancel.step')}</button>
        <button type="submit" class="button strong" id="apply-go" disabled={busy}>{t('apply.go')}</button>
      </div>
    </form>
  );
}
