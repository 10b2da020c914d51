// What an order is about, as both persons must see it before it goes out.
import { actuatorOf, head, overrides, proposals, shares } from '../acts';
import { power } from '../format';
import { has, named, plural, t } from '../i18n';
import { reworded } from '../said';
import { me } from '../me';
import type { Wish } from '../wish';
import { names, pending, selected, type Order, type Selection } from './orders';
import { actuatorName, kindText, overrideText, residentName, stateText, wantText } from './words';

export type Fact = [label: string, value: string];

/** meant is the order itself: of a second person's word, the one that waits. */
export function meant(w: Wish): Wish & Partial<Order> {
  return w.kind === 'approve' ? (pending.value.find((o) => o.id === w.order) ?? w) : w;
}

/** lost says why there is nothing to order any more; empty while there is. */
export function lost(w: Wish): string {
  if (w.kind === 'approve' && !pending.value.some((o) => o.id === w.order)) return t('lost.waiting');
  const m = meant(w);
  if (m.proposal && !proposals.value.some((p) => p.id === m.proposal)) return t('lost.proposal');
  if (m.override && !overrides.value.some((o) => o.id === m.override)) return t('lost.override');
  return '';
}

/** breaker reports whether an order moves one: that takes two persons. */
function breaker(m: Wish): boolean {
  const a = actuatorOf(proposals.value.find((p) => p.id === m.proposal)?.actuator ?? m.actuator);
  return a?.kind === 'breaker' && (m.kind === 'confirm' || m.kind === 'restore');
}

/** objectOf is what an order takes hold of, as the server names it. */
export function objectOf(w: Wish): string {
  const m = meant(w);
  const actuator = proposals.value.find((p) => p.id === m.proposal)?.actuator ?? m.actuator;
  if (actuator) return `actuator/${actuator}`;
  if (m.resident) return `resident/${m.resident}`;
  if (m.node) return `node/${m.node}`;
  return m.override ? `override/${m.override}` : 'system';
}

/** keptBy is who else has selected what an order is about; empty if nobody has. */
export function keptBy(w: Wish): string {
  const object = objectOf(w);
  return selected.value.find((s) => s.object === object && s.by !== me.value.name)?.by ?? '';
}

/** sameNumber compares numbers of feeders as the server does: one letter before the first digit does not count. */
export function sameNumber(a: string, b: string): boolean {
  const bare = (s: string) => s.trim().toLowerCase().replace(/^\p{L}-?(?=\d)/u, '');
  return bare(a) === bare(b);
}

/** surveyed is what the server has added: what the resident draws, and what would be left above its armour. */
export function surveyed(s: Selection): Fact[] {
  const list: Fact[] = [];
  if (s.draws_w !== undefined) list.push([t('fact.draws'), power(s.draws_w)]);
  if (s.leaves_w !== undefined) list.push([t('fact.leaves'), s.floor_w ? t('fact.leaves.floor', { power: power(s.leaves_w), floor: power(s.floor_w) }) : power(s.leaves_w)]);
  return list;
}

/** persons is how many persons an order needs, as far as the page knows; the server says it for certain. */
export function persons(w: Wish): number {
  const m = meant(w);
  if (m.kind === 'arm' || m.kind === 'unkill') return 2;
  if (m.kind === 'confirm') return proposals.value.find((p) => p.id === m.proposal)?.persons ?? 1;
  return m.kind === 'restore' && breaker(m) ? 2 : 1;
}

/** facts are the lines of the first step: the object, its state, the effect, what stands in the way. */
export function facts(w: Wish): Fact[] {
  const m = meant(w);
  const list: Fact[] = [];
  const add = (label: string, value: string | undefined) => value && list.push([t(label), value]);
  if (w.kind === 'approve') {
    add('fact.order', named('order.', m.kind));
    const waits = pending.value.find((o) => o.id === w.order);
    add('fact.by', waits && names(waits));
    add('fact.reason', m.reason);
  }
  const p = proposals.value.find((x) => x.id === m.proposal);
  const a = actuatorOf(p?.actuator ?? m.actuator);
  if (a) {
    add('fact.object', `${actuatorName(a.id)} (${kindText(a)})`);
    add('fact.state', a.text ? `${stateText(a.state)}: ${reworded(a.text)}` : stateText(a.state));
    if (a.shed_w) add('fact.shed', power(a.shed_w));
  }
  if (p) {
    add('fact.want', wantText(p));
    add('fact.effect', p.effect_w === undefined ? t('value.none') : power(p.effect_w));
    add('fact.why', reworded(p.why));
  }
  const h = shares.value.find((r) => r.id === (a?.resident ?? m.resident))?.now.value;
  if (m.resident) add('fact.object', residentName(m.resident));
  if (h) {
    if (m.kind === 'pin') add('fact.share', t('fact.share.now', { share: power(h.share_w), demand: power(h.demand_w), allowed: power(h.allowed_w) }));
    if (h.armour_w) add('fact.armour', power(h.armour_w));
  }
  const o = overrides.value.find((x) => x.id === m.override);
  if (o) {
    add('fact.order', `${named('order.', o.kind)} · ${overrideText(o)}`);
    add('fact.by', o.by.join(', '));
    add('fact.reason', o.reason);
  }
  if (w.kind === 'approve') {
    add('fact.mode', m.mode && named('mode.', m.mode));
    add('fact.power', m.power_w === undefined ? '' : power(m.power_w));
  } else if (!a && ['mode', 'arm', 'disarm', 'kill', 'unkill'].includes(m.kind)) {
    add('fact.mode', named('mode.', head.value?.mode ?? ''));
  }
  const note = `note.${m.kind}`;
  if (has(note)) add('fact.means', t(note));
  const n = persons(w);
  if (n > 1) add('fact.persons', plural('order.persons', n));
  return list;
}

/** subjectText is what an order is about, in a few words. */
export function subjectText(m: Wish & Partial<Order>): string {
  const p = proposals.value.find((x) => x.id === m.proposal);
  const o = overrides.value.find((x) => x.id === m.override);
  if (p) return `${wantText(p)} — ${actuatorName(p.actuator)}`;
  if (o) return overrideText(o);
  if (m.actuator) return actuatorName(m.actuator);
  if (m.resident) return residentName(m.resident);
  return [m.node, m.mode && named('mode.', m.mode)].filter(Boolean).join(' ');
}
