// The balancer's words in the reader's language.
import { actuatorOf } from '../acts';
import { clockTime, date, dash, hourMinute, power } from '../format';
import { named, t } from '../i18n';
import { rows, serverNow, zone } from '../store';
import type { Actuator, Override, Proposal, Share } from '../types';

const marks: Record<string, string> = {
  served: '●', shed: '○', limited: '◐', moving: '…', failed: '▲', offline: '✕', local: '■', failsafe: '◆', excluded: '–', unknown: '?',
};

/** stateText is a sign and a word: never a colour alone. */
export const stateText = (state: string): string => `${marks[state] ?? '?'} ${named('act.', state)}`;

export const residentName = (id: string | undefined): string => rows.value.find((r) => r.id === id)?.fixed.value.name ?? id ?? dash;

/** actuatorName says which device of whom. */
export function actuatorName(id: string | undefined): string {
  const a = actuatorOf(id);
  if (!a) return id ?? dash;
  return a.resident ? `${residentName(a.resident)}: ${a.name || a.id}` : a.name || a.id;
}

export const kindText = (a: Actuator): string => `${named('kind.', a.kind)} ${a.id}`;

/** wantText is what a proposal would do. */
export function wantText(p: Pick<Proposal, 'actuator' | 'want'>): string {
  const limit = /^at most ([\d.]+) (k|M)?W$/.exec(p.want);
  if (!limit) return named(actuatorOf(p.actuator)?.kind === 'breaker' ? 'want.breaker.' : 'want.relay.', p.want);
  const unit = limit[2] === 'M' ? 1e6 : limit[2] === 'k' ? 1e3 : 1;
  return t('want.limit', { power: power(Number(limit[1]) * unit) });
}

/** overrideText is what an override is about. */
export function overrideText(o: Override): string {
  const subject = o.kind === 'pin' ? residentName(o.subject) : o.kind === 'exclude' ? actuatorName(o.subject) : (o.subject ?? '');
  return [subject, o.value_w === undefined ? '' : power(o.value_w)].filter(Boolean).join(' · ');
}

/** reasonText is why a share is what it is, and the balancer's own words beside it. */
export function reasonText(h: Share): string {
  const parts: string[] = [];
  const node = h.binding_name || h.binding;
  if (h.violating) parts.push(t('share.violating'));
  if (h.tier === 'excess') parts.push(t('share.excess'));
  if (node) parts.push(t('share.binding', { node }));
  if (!parts.length) parts.push(t('share.free'));
  return parts.join('; ');
}

/** moment is a time of today, or with its day. */
export function moment(at: string): string {
  const ms = Date.parse(at);
  const today = date(ms, zone.value) === date(serverNow.peek(), zone.value);
  return today ? clockTime(ms, zone.value) : `${date(ms, zone.value).slice(0, 5)} ${hourMinute(ms, zone.value)}`;
}

/** left is how many seconds there are until a time of the server's. */
export const left = (at: string | undefined): number => (at ? Math.max(0, (Date.parse(at) - serverNow.value) / 1000) : 0);
