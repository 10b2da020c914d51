import { useState } from 'preact/hooks';
import { t } from '../i18n';
import type { NetworkState } from '../types';
import type { Plan } from './plan';
import { modelText } from './model';
import { elementName } from './names';
import { amperes, feedState, kv, mvar, mw, pct, signed, see } from './seen';

/** Tables are the same state in words and figures: for screen readers, for copying, for checking. */
export function Tables({ plan, state }: { plan: Plan; state: NetworkState }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="net-tables" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{t('tables.title')}</summary>
      {open && <All plan={plan} state={state} />}
    </details>
  );
}

function All({ plan, state }: { plan: Plan; state: NetworkState }) {
  const seen = see(state);
  const dead = seen.blind ? '?' : t('diagram.dead');
  return (
    <>
      <Table name={t('tables.sources')} head={['element', 'state', 'p', 'q', 'contract']} rows={plan.sources.map((f) => {
        const s = seen.source.get(f.source);
        return [f.name, t('source.' + feedState(f, seen)), mw(s?.mw), mvar(s?.mvar), f.contract_mw === undefined ? t('detail.nocontract') : mw(f.contract_mw)];
      })} />
      <Table name={t('tables.lines')} head={['element', 'from', 'to', 'p', 'q', 'i', 'rating', 'pct', 'loss']} rows={plan.lines.map((l) => {
        const s = seen.line.get(l.id);
        const head = [l.name, elementName(l.from), elementName(l.to)];
        return s?.live ? [...head, mw(s.from_mw), mvar(s.from_mvar), amperes(s.a), s.rating_a ? amperes(s.rating_a) : '—', s.rating_a ? pct(s.loading_pct) : '—', mw(s.loss_mw)] : [...head, dead];
      })} />
      <Table name={t('tables.transformers')} head={['element', 'hv', 'mv', 'lv', 'pct', 'permit', 'tap', 'loss']} rows={plan.transformers.map((x) => {
        const s = seen.transformer.get(x.node);
        return s?.live ? [x.name, ...s.mw.map(mw), pct(s.loading_pct), s.permit_pct ? pct(s.permit_pct) : '—', signed(s.position), mw(s.loss_mw)] : [x.name, dead];
      })} />
      <Table name={t('tables.buses')} head={['element', 'u', 'measured', 'p', 'q']} rows={plan.buses.map((b) => {
        const s = seen.bus.get(b.node);
        return s?.live ? [b.name, kv(s.kv), kv(s.measured_kv), mw(s.load_mw), mvar(s.load_mvar)] : [b.name, dead];
      })} />
      <Table name={t('tables.switches')} head={['element', 'position', 'normal', 'known', 'why']} rows={plan.switches.map((w) => {
        const s = seen.sw.get(w.id);
        const word = (closed: boolean) => t(closed ? 'switch.closed' : 'switch.open');
        return [w.name, s ? word(s.closed) : '?', word(w.closed), t(s?.known ? 'tables.yes' : 'tables.no'), modelText(s?.why ?? '')];
      })} />
      {state.residuals.length > 0 && (
        <Table name={t('tables.residuals')} head={['point', 'measured', 'model', 'sigma']} rows={state.residuals.slice(0, 12).map((r) => [`${r.point}, ${r.quantity}`, `${r.measured} ${r.unit}`, `${r.model} ${r.unit}`, r.sigma.toFixed(1)])} />
      )}
      <p class="muted inputs">{t('tables.inputs', { digest: state.inputs.slice(0, 16) })}</p>
    </>
  );
}

function Table({ name, head, rows }: { name: string; head: string[]; rows: string[][] }) {
  return (
    <div class="scroll books-table">
      <table>
        <caption>{name}</caption>
        <thead>
          <tr>{head.map((h, i) => <th key={h} scope="col" class={i ? 'right' : ''}>{t('tables.' + h)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r[0]}>
              <th scope="row">{r[0]}</th>
              {r.slice(1).map((v, i) => <td key={i} class="right num" colSpan={i === r.length - 2 ? head.length - r.length + 1 : 1}>{v}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
