// What else there is to know of a resident. Each part asks for itself, says how old it is, and
// leads to where the whole of it stands.
import { computed } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { age, dash, date, kilowatts, power } from '../format';
import { decimal, lang, named, t } from '../i18n';
import { reworded } from '../said';
import { me } from '../me';
import { follow } from '../route';
import { alarms as summary, ageOf, serverNow, zone } from '../store';
import { query, useAnswer, type Answer } from './data';
import { addDays, dayOf, today } from './days';
import { Trouble } from './pickers';
import type { Finding, IntervalList, NodeBalance } from './types';
import { amount, amountOf, figure, moment, share, stretch } from './words';

function Part({ id, title, aside, answer, children }: { id: string; title: string; aside?: ComponentChildren; answer?: Answer<unknown>; children?: ComponentChildren }) {
  return (
    <section class="panel" id={id} aria-labelledby={id + '-title'}>
      <div class="head">
        <h2 id={id + '-title'}>{title}</h2>
        {answer?.at && <span class="muted num asked">{computed(() => t('resident.age', { age: age((serverNow.value - answer.at!) / 1000) }))}</span>}
        {aside}
      </div>
      {answer && !answer.data && <Trouble failure={answer.failure} asking={answer.asking} />}
      {children}
    </section>
  );
}

function Table({ label, heads, children }: { label: string; heads: string[]; children: ComponentChildren }) {
  return (
    <div class="scroll books-table cards" tabIndex={0} role="group" aria-labelledby={label}>
      <table>
        <thead><tr>{heads.map((h) => <th key={h} scope="col">{t(h)}</th>)}</tr></thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

const Age = ({ at }: { at?: string }) => <>{computed(() => (at ? age(ageOf(at) ?? 0) : dash))}</>;

interface LivePoint {
  id: string;
  name: string;
  node: string;
  medium: string;
  role: string;
  power_w?: number;
  at?: string;
  quality: string;
  freshness: string;
  reason?: string;
}

/** Feeders are the points of the resident as they are now. */
export function Feeders({ resident }: { resident: string }) {
  const answer = useAnswer<{ points: LivePoint[] }>(query('points', { resident }), 5).value;
  return (
    <Part id="feeders" title={t('resident.feeders')} answer={answer}>
      {answer.data && (
        <Table label="feeders-title" heads={['resident.point', 'col.power', 'col.age', 'col.quality', 'resident.why']}>
          {answer.data.points.map((p) => (
            <tr key={p.id} data-point={p.id} data-freshness={p.medium === 'electricity' ? p.freshness : undefined}>
              <th scope="row"><a {...follow('profile', { point: p.id })}>{p.name || p.id}</a> <span class="muted">{p.node}{p.medium !== 'electricity' && ` · ${named('medium.', p.medium)}`}</span></th>
              <td class="num power">{p.power_w === undefined ? dash : `${kilowatts(p.power_w)}\u00a0${t('unit.kW')}`}</td>
              <td class="num age" data-label={t('col.age')}><Age at={p.at} /></td>
              <td class="quality"><span class="q">{named('quality.', p.quality)}</span></td>
              <td class="reason wrap">{reworded(p.reason)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Part>
  );
}

interface Entry {
  condition: string;
  resident: string;
  node: string;
  medium: string;
  firm_w: number;
  non_firm_w?: number;
  category?: number;
  from: string;
  to?: string;
  document: string;
  legal_basis?: string;
}

/** Terms are the technical conditions of the register, and the cases about them. */
export function Terms({ resident }: { resident: string }) {
  const answer = useAnswer<{ at: string; entries?: Entry[] }>(query('register', {}), 60).value;
  const works = !!me.value.name && ['engineer', 'admin', 'auditor'].includes(me.value.role ?? '');
  const cases = useAnswer<{ cases: { id: string; resident: string; since: string; volume_w: number; stage: string }[] }>(works ? query('cases', {}) : null).value.data?.cases.filter((c) => c.resident === resident);
  const list = answer.data?.entries?.filter((e) => e.resident === resident);
  return (
    <Part id="terms" title={t('resident.terms')} answer={answer} aside={answer.data && <span class="muted num">{moment(answer.data.at)}</span>}>
      {list && (
        <Table label="terms-title" heads={['resident.condition', 'resident.node', 'resident.power', 'resident.from', 'resident.paper', 'resident.use']}>
          {list.map((e) => (
            <tr key={e.condition} data-condition={e.condition}>
              <th scope="row">{e.condition}{e.category ? <span class="muted"> {t('resident.category', { n: 'I'.repeat(e.category) })}</span> : null}</th>
              <td class="muted">{e.node}{e.medium !== 'electricity' && ` · ${named('medium.', e.medium)}`}</td>
              <td class="num">{e.firm_w ? power(e.firm_w) : dash}{e.non_firm_w ? ` + ${power(e.non_firm_w)}` : ''}</td>
              <td class="num">{day(e.from)}{e.to && ` – ${day(e.to)}`}</td>
              <td class="wrap">{e.document}{e.legal_basis && <span class="muted"> · {e.legal_basis}</span>}</td>
              <td>{e.medium === 'electricity' && <a {...follow('capacity', { resident, node: e.node })}>{t('resident.use.open')}</a>}</td>
            </tr>
          ))}
          {!list.length && <tr><td colSpan={6} class="muted empty">{t('resident.terms.none')}</td></tr>}
        </Table>
      )}
      {!!cases?.length && (
        <ul class="culprits" id="resident-cases">
          {cases.map((c) => <li key={c.id}><a {...follow('capacity', { tab: 'cases', case: c.id })}>{t('resident.case', { id: c.id })}</a> <span class="num">{power(c.volume_w)}</span> <span class="muted num">{moment(c.since)}</span></li>)}
        </ul>
      )}
    </Part>
  );
}

const day = (iso: string) => date(Date.parse(iso), zone.value);

interface Meter {
  id: string;
  model: string;
  serial?: string;
  point?: string;
  point_name?: string;
  at?: string;
  quality: string;
  freshness: string;
  reason?: string;
  verified_to?: string;
  verification_over?: boolean;
  polled?: { identity?: string; standing?: string; standing_why?: string; failing?: boolean; reason?: string };
}

/** Meters stand at the resident's points: how they answer, and who they say they are. */
export function Meters({ resident }: { resident: string }) {
  const answer = useAnswer<{ meters: Meter[] }>(query('system/meters', { resident }), 10).value;
  return (
    <Part id="resident-meters" title={t('resident.meters')} answer={answer}>
      {answer.data && (
        <Table label="resident-meters-title" heads={['resident.meter', 'resident.point', 'col.age', 'col.quality', 'resident.verified', 'resident.why']}>
          {answer.data.meters.map((m) => (
            <tr key={m.id} data-meter={m.id} data-freshness={m.freshness}>
              <th scope="row">{m.id} <span class="muted">{m.model} · {m.polled?.identity ?? m.serial}</span></th>
              <td>{m.point_name || m.point}</td>
              <td class="num age" data-label={t('col.age')}><Age at={m.at} /></td>
              <td class="quality"><span class="q">{named('quality.', m.polled?.standing && m.polled.standing !== 'good' ? m.polled.standing : m.quality)}</span></td>
              <td class="num" data-label={t('resident.verified')}>{m.verified_to ? day(m.verified_to) : dash}{m.verification_over && ` · ${t('resident.overdue')}`}</td>
              <td class="reason wrap">{[m.reason, m.polled?.standing_why, m.polled?.failing ? m.polled.reason : ''].filter(Boolean).map(reworded).join(' · ')}</td>
            </tr>
          ))}
        </Table>
      )}
    </Part>
  );
}

/** Share is what part of the zone's energy the resident took, and how the balance above it stands. */
export function Share({ resident, list, from, to }: { resident: string; list?: IntervalList; from: string; to: string }) {
  const answer = useAnswer<{ balances: NodeBalance[] }>(query('balance', { from, to }), 60).value;
  const points = useAnswer<{ points: LivePoint[] }>(query('points', { resident, role: 'resident' })).value.data?.points;
  if (!list) return null;
  const own = list.intervals.reduce((sum, e) => sum + (amountOf(e) ?? 0), 0);
  const unknown = list.intervals.filter((e) => amountOf(e) === undefined).length;
  const all = answer.data?.balances ?? [];
  const zoneOf = all.find((b) => b.kind === 'zone') ?? all[0];
  const nodes = new Set(points?.map((p) => p.node));
  const near = all.filter((b) => b !== zoneOf && nodes.has(b.node));
  return (
    <Part id="share" title={t('resident.balance')} answer={answer} aside={<a {...follow('balance', { day: dayOf(Date.parse(list.from)) })}>{t('nav.balance')}</a>}>
      <dl class="facts num">
        <div><dt>{t('resident.energy')}</dt><dd>{(unknown ? '≥ ' : '') + amount(own, 'Wh')}</dd></div>
        {zoneOf && <div><dt>{t('resident.part', { name: zoneOf.kind === 'zone' ? t('resident.zone') : zoneOf.name })}</dt><dd>{zoneOf.in_wh ? share(own / zoneOf.in_wh) : dash} <span class="muted">{zoneOf.in_wh !== undefined && amount(zoneOf.in_wh, 'Wh')}</span></dd></div>}
        {near.map((b) => (
          <div key={b.node}><dt>{t('resident.imbalance', { name: b.name })}</dt><dd data-beyond={b.beyond}>{b.imbalance_pct === undefined ? dash : `${decimal(b.imbalance_pct, 2)}\u00a0%`} <span class="muted">± {b.permitted_pct === undefined ? dash : `${decimal(b.permitted_pct, 2)}\u00a0%`}</span></dd></div>
        ))}
      </dl>
    </Part>
  );
}

interface Alarm {
  id: string;
  kind: string;
  subject: string;
  priority: string;
  state: string;
  since?: string;
}

/** OfAlarms are those about the resident, its points and its meters. */
export function OfAlarms({ resident }: { resident: string }) {
  const answer = useAnswer<{ alarms: Alarm[] }>(summary.value ? query('alarms', { }) : null, 5).value;
  const kinds = useAnswer<{ kinds: { kind: string; title: string }[] }>(summary.value ? query('alarms/kinds', { lang: lang.value }) : null).value.data?.kinds;
  const meters = useAnswer<{ meters: Meter[] }>(query('system/meters', { resident }), 60).value.data?.meters ?? [];
  if (!summary.value) return null;
  const about = new Set([resident, ...meters.flatMap((m) => [m.id, m.point ?? m.id])]);
  const list = answer.data?.alarms.filter((a) => a.subject.split('/').some((s) => about.has(s)));
  return (
    <Part id="resident-alarms" title={t('nav.alarms')} answer={answer} aside={<a {...follow('alarms')}>{t('resident.all')}</a>}>
      {list && (
        <ul class="culprits">
          {list.map((a) => (
            <li key={a.id} data-alarm={a.id}>
              <b>{({ high: '▲', medium: '◆' } as Record<string, string>)[a.priority] ?? '■'} {(kinds?.find((k) => k.kind === a.kind)?.title ?? a.kind).replace(/\{\w+\}/g, '…')}</b> {a.subject} <span class="muted num">{a.since && moment(a.since)}</span> {t('resident.alarm.' + a.state)}
            </li>
          ))}
          {!list.length && <li class="muted">{t('resident.alarms.none')}</li>}
        </ul>
      )}
    </Part>
  );
}

const shown = 8;

/** Findings are the youngest that validation has made about the resident. */
export function Findings({ resident }: { resident: string }) {
  const to = addDays(today(), 1);
  const answer = useAnswer<{ findings: Finding[] }>(query('findings', { resident, from: addDays(to, -31), to, limit: String(shown) }), 60).value;
  const list = answer.data?.findings;
  return (
    <Part id="resident-findings" title={t('nav.findings')} answer={answer} aside={<a {...follow('findings', { resident })}>{t('resident.all')}</a>}>
      {list && (
        <ul class="culprits">
          {list.map((f) => (
            <li key={[f.rule, f.point, f.from, f.found_at].join()} data-rule={f.rule}>
              <b>{named('rule.', f.rule)}</b> <span>{f.point}</span> <span class="num">{stretch(f.from, f.to)}</span> <span class="muted">{reworded(f.text)} {f.numbers.map(figure).join(' · ')}</span>
            </li>
          ))}
          {!list.length && <li class="muted">{t('findings.none')}</li>}
        </ul>
      )}
    </Part>
  );
}
