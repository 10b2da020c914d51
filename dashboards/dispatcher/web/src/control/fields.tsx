import { actuators, shares } from '../acts';
import { hourMinute, power } from '../format';
import { named, t } from '../i18n';
import { serverNow, zone } from '../store';
import type { Wish } from '../wish';
import type { Fact } from './facts';
import { selects, type Order } from './orders';

/** Draft is what a person fills in. */
export interface Draft {
  reason: string;
  number: string;
  from: string;
  hours: string;
  mode: string;
  kilowatts: string;
  node: string;
}

/** expiring orders hold for a while, at most one shift; sized ones carry a power. */
const expiring = ['pin', 'exclude', 'limit', 'inhibit'];
const sized = ['pin', 'limit'];
const modes = ['off', 'monitor', 'advisory', 'confirm', 'auto'];
const spans = ['0.5', '1', '2', '4', '8', '12'];
const reasonLength = 400;

export function draft(w: Wish): Draft {
  const share = shares.peek().find((r) => r.id === w.resident)?.now.peek();
  return { reason: '', number: '', from: '', hours: '1', mode: w.mode ?? '', kilowatts: share ? String(Math.round(share.share_w / 1e3)) : '', node: w.node ?? '' };
}

/** nodes are those that the report names. */
function nodes(): [id: string, name: string][] {
  const known = new Map<string, string>();
  for (const { now } of actuators.value) if (now.value.node) known.set(now.value.node, now.value.node_name || now.value.node);
  for (const { now } of shares.value) if (now.value.binding) known.set(now.value.binding, now.value.binding_name || now.value.binding);
  return [...known].sort((a, b) => a[1].localeCompare(b[1]));
}

function watts(form: Draft): number | undefined {
  const kw = Number(form.kilowatts.replace(',', '.').replace(/\s/g, ''));
  return form.kilowatts.trim() && Number.isFinite(kw) && kw >= 0 ? Math.round(kw * 1000) : undefined;
}

/** faults lists what is still missing. */
export function faults(w: Wish, form: Draft): string[] {
  const list: string[] = [];
  if (!form.reason.trim()) list.push(t('fault.reason'));
  if (selects(w.kind) && !form.number.trim()) list.push(t('fault.number'));
  if (selects(w.kind) && !form.from.trim()) list.push(t('fault.from'));
  if (w.kind === 'mode' && !form.mode) list.push(t('fault.mode'));
  if (w.kind === 'limit' && !form.node) list.push(t('fault.node'));
  if (sized.includes(w.kind) && watts(form) === undefined) list.push(t('fault.power'));
  return list;
}

/** orderOf is the order as it goes to the server. */
export function orderOf(w: Wish, form: Draft): Order {
  const { kind, proposal, override, resident } = w;
  // A proposal says itself which actuator it is about.
  const o: Order = { kind, proposal, override, resident, actuator: proposal ? undefined : w.actuator, reason: form.reason.trim() };
  if (selects(w.kind)) [o.number, o.from] = [form.number.trim(), form.from.trim()];
  if (expiring.includes(w.kind)) o.expires = new Date(serverNow.peek() + Number(form.hours) * 3600e3).toISOString();
  if (w.kind === 'mode') o.mode = form.mode;
  if (w.kind === 'limit') o.node = form.node;
  if (sized.includes(w.kind)) o.power_w = watts(form);
  return o;
}

/** Fields asks for what the kind of order needs: always a reason. */
export function Fields({ w, form, change }: { w: Wish; form: Draft; change: (c: Partial<Draft>) => void }) {
  return (
    <div class="order-fields">
      {w.kind === 'mode' && (
        <Choose id="order-mode" label={t('field.mode')} value={form.mode} options={modes.map((m) => [m, named('mode.', m)])} onChoose={(mode) => change({ mode })} empty />
      )}
      {w.kind === 'limit' && <Choose id="order-node" label={t('field.node')} value={form.node} options={nodes()} onChoose={(node) => change({ node })} empty />}
      {sized.includes(w.kind) && (
        <label class="field">
          <span>{t('field.power', { unit: t('unit.kW') })}</span>
          <input id="order-power" inputMode="decimal" autoComplete="off" value={form.kilowatts} onInput={(e) => change({ kilowatts: e.currentTarget.value })} />
        </label>
      )}
      {expiring.includes(w.kind) && (
        <Choose id="order-hours" label={t('field.hours')} value={form.hours} options={spans.map((h) => [h, spanText(h)])} onChoose={(hours) => change({ hours })} />
      )}
      {selects(w.kind) && (
        <div class="ground">
          <label class="field">
            <span>{t('field.number')}</span>
            <input id="order-number" autoComplete="off" maxLength={64} value={form.number} onInput={(e) => change({ number: e.currentTarget.value })} />
          </label>
          <label class="field">
            <span>{t('field.from')}</span>
            <input id="order-from" autoComplete="off" maxLength={100} value={form.from} onInput={(e) => change({ from: e.currentTarget.value })} />
          </label>
        </div>
      )}
      <label class="field">
        <span>{t('field.reason')}</span>
        <textarea id="order-reason" rows={2} maxLength={reasonLength} value={form.reason} placeholder={t('field.reason.hint')} onInput={(e) => change({ reason: e.currentTarget.value })} />
      </label>
    </div>
  );
}

/** said is what was filled in, for the second step. */
export function said(w: Wish, form: Draft): Fact[] {
  const list: Fact[] = [];
  if (w.kind === 'mode') list.push([t('field.mode'), named('mode.', form.mode)]);
  if (w.kind === 'limit') list.push([t('field.node'), nodes().find(([id]) => id === form.node)?.[1] ?? form.node]);
  if (sized.includes(w.kind)) list.push([t('fact.power'), power(watts(form))]);
  if (expiring.includes(w.kind)) list.push([t('fact.until'), hourMinute(serverNow.value + Number(form.hours) * 3600e3, zone.value)]);
  list.push([t('fact.reason'), [form.number && `№ ${form.number.trim()}, ${form.from.trim()}`, form.reason.trim()].filter(Boolean).join(': ')]);
  return list;
}

function spanText(hours: string): string {
  return Number(hours) < 1 ? `${Number(hours) * 60} ${t('unit.min')}` : `${hours} ${t('unit.h')}`;
}

function Choose(p: { id: string; label: string; value: string; options: [value: string, text: string][]; onChoose: (v: string) => void; empty?: boolean }) {
  return (
    <label class="field">
      <span>{p.label}</span>
      <select id={p.id} value={p.value} onChange={(e) => p.onChoose(e.currentTarget.value)}>
        {p.empty && <option value="" selected={!p.value}>—</option>}
        {p.options.map(([v, text]) => (
          <option key={v} value={v} selected={v === p.value}>{text}</option>
        ))}
      </select>
    </label>
  );
}
