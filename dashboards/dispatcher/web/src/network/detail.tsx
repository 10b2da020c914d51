import { named, t } from '../i18n';
import { powerOf } from './parts';
import { rows } from '../store';
import type { Plan } from './plan';
import { modelText } from './model';
import { elementName } from './names';
import { amperes, feedState, kv, mvar, mw, pct, signed, type Seen } from './seen';
import { violationText } from './words';

type Fact = [name: string, value: string];

/** Detail is everything about the element that is pointed at or picked, and where its figures come from. */
export function Detail({ plan, seen, chosen, onClose }: { plan: Plan; seen: Seen; chosen: string; onClose?: () => void }) {
  const { title, facts, ids } = about(chosen, plan, seen);
  if (!title) return <aside class="net-detail empty muted"><p>{t('detail.none')}</p></aside>;
  const broken = ids.flatMap((id) => seen.broken.get(id) ?? []);
  const sources = plan.provenance.filter((p) => ids.includes(p.element));
  const assumed = seen.state.assumed.filter((a) => ids.includes(a.element));
  return (
    <aside class="net-detail" aria-label={t('detail.title')}>
      <h3>
        {title}
        {onClose && <button type="button" class="close" aria-label={t('detail.close')} onClick={onClose}>×</button>}
      </h3>
      {broken.map((v) => <p key={v.kind} class="over">▲ {violationText(v)}</p>)}
      <dl>
        {facts.filter(([, v]) => v).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="num">{value}</dd>
          </div>
        ))}
      </dl>
      {assumed.length > 0 && (
        <>
          <h4 class="assumed">◇ {t('detail.assumed')}</h4>
          <ul>{assumed.map((a) => <li key={a.field}><b>{a.field}: {a.value}</b> <span class="muted">{[a.source, a.date].filter(Boolean).join(', ')}</span></li>)}</ul>
        </>
      )}
      {sources.length > 0 && (
        <>
          <h4>{t('detail.provenance')}</h4>
          <ul>
            {sources.map((p, i) => (
              <li key={i}>
                <b>{named('basis.', p.basis)}</b>: {p.fields.length ? p.fields.join(', ') : t('detail.others')} <span class="muted">{[p.source, p.date].filter(Boolean).join(', ')}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </aside>
  );
}

function about(ref: string, plan: Plan, seen: Seen): { title: string; facts: Fact[]; ids: string[] } {
  const colon = ref.indexOf(':');
  const id = ref.slice(colon + 1).replace(/#\d$/, '');
  switch (ref.slice(0, colon)) {
    case 'line':
      return { title: elementName(id), facts: lineFacts(id, plan, seen), ids: [id] };
    case 'switch':
      return { title: elementName(id), facts: switchFacts(id, plan, seen), ids: [id] };
    case 't':
      return { title: elementName(id), facts: transformerFacts(id, plan, seen), ids: [id] };
    case 'bus': {
      const feed = plan.sources.find((s) => s.bus === id);
      return { title: elementName(feed?.source ?? id), facts: [...(feed ? sourceFacts(feed.source, plan, seen) : []), ...busFacts(id, plan, seen)], ids: feed ? [id, feed.source] : [id] };
    }
    case 'feeder':
      return { title: elementName(id), facts: feederFacts(id, plan, seen), ids: [id] };
    case 'feeders':
      return { title: t('detail.feeders', { bus: elementName(id) }), facts: plan.feeders.filter((f) => f.bus === id).map((f) => [f.name, powerOf(plan, f.node, f.residents) || ' ']), ids: [] };
  }
  return { title: '', facts: [], ids: [] };
}

function lineFacts(id: string, plan: Plan, seen: Seen): Fact[] {
  const line = plan.lines.find((l) => l.id === id);
  const s = seen.line.get(id);
  const fixed: Fact[] = [[t('detail.conductor'), [line?.conductor, `${line?.length_km ?? 0} ${t('unit.km')}`].filter(Boolean).join(', ')], [t('detail.towers'), line?.towers ?? '']];
  if (!s?.live) return [[t('detail.state'), seen.blind ? '?' : t('diagram.dead')], ...fixed];
  return [
    [t('detail.enters', { bus: elementName(line?.from ?? '') }), `${mw(s.from_mw)} · ${mvar(s.from_mvar)}`],
    [t('detail.leaves', { bus: elementName(line?.to ?? '') }), mw(s.to_mw)],
    [t('detail.current'), s.rating_a ? t('detail.of', { value: amperes(s.a), most: amperes(s.rating_a) }) : amperes(s.a)],
    [t('detail.loading'), s.rating_a ? pct(s.loading_pct) : t('detail.norating')],
    [t('detail.loss'), mw(s.loss_mw)],
    ...fixed,
  ];
}

function switchFacts(id: string, plan: Plan, seen: Seen): Fact[] {
  const sw = plan.switches.find((x) => x.id === id);
  const s = seen.sw.get(id);
  const word = (closed: boolean) => t(closed ? 'switch.closed' : 'switch.open');
  return [
    [t('detail.position'), s ? word(s.closed) + (s.known ? '' : ` (${t('switch.taken')})`) : '?'],
    [t('detail.normal'), sw ? word(sw.closed) : ''],
    [t('detail.why'), modelText(s?.why ?? '')],
    [t('detail.kind'), named('switchkind.', sw?.kind ?? '')],
    [t('detail.joins'), sw ? `${elementName(sw.a)} — ${elementName(sw.b)}` : ''],
  ];
}

const windings = ['hv', 'mv', 'lv'] as const;

function transformerFacts(id: string, plan: Plan, seen: Seen): Fact[] {
  const x = plan.transformers.find((y) => y.node === id);
  const s = seen.transformer.get(id);
  const fixed: Fact[] = [[t('detail.rated'), x ? `${x.mva.join('/')} ${t('unit.MVA')}, ${x.kv.join('/')} ${t('unit.kV')}` : '']];
  if (!s?.live) return [[t('detail.state'), seen.blind ? '?' : t('diagram.dead')], ...fixed];
  return [
    ...windings.map((w, i): Fact => [t('detail.' + w), `${mw(s.mw[i])} · ${mvar(s.mvar[i])} · ${amperes(s.a[i])}`]),
    [t('detail.loading'), s.permit_pct ? t('detail.of', { value: pct(s.loading_pct), most: pct(s.permit_pct) }) : pct(s.loading_pct)],
    [t('detail.tap'), x?.step_pct ? `${signed(s.position)} (${signed(x.tap_min)}…${signed(x.tap_max)} × ${x.step_pct} %)` : ''],
    [t('detail.loss'), mw(s.loss_mw)],
    ...fixed,
  ];
}

function busFacts(id: string, plan: Plan, seen: Seen): Fact[] {
  const b = seen.bus.get(id);
  const nominal = plan.buses.find((x) => x.node === id)?.kv;
  const band = plan.voltages.find((v) => v.kv === nominal);
  const fixed: Fact[] = [[t('detail.nominal'), kv(nominal)], [t('detail.band'), band ? `${kv(band.min_kv)} … ${kv(band.max_kv)}` : '']];
  if (!b?.live) return [[t('detail.state'), seen.blind ? '?' : t('diagram.dead')], ...fixed];
  return [
    [t('detail.voltage'), kv(b.kv)],
    [t('detail.measured'), b.measured_kv === undefined ? t('value.none') : kv(b.measured_kv)],
    ...fixed,
    [t('detail.load'), b.load_mw || b.load_mvar ? `${mw(b.load_mw)} · ${mvar(b.load_mvar)}` : ''],
    [t('detail.note'), b.stale ? t('detail.stale') : ''],
  ];
}

function sourceFacts(id: string, plan: Plan, seen: Seen): Fact[] {
  const feed = plan.sources.find((s) => s.source === id);
  const s = seen.source.get(id);
  return [
    [t('detail.state'), feed ? t('source.' + feedState(feed, seen)) : ''],
    [t('detail.gives'), s?.feeding ? `${mw(s.mw)} · ${mvar(s.mvar)}` : ''],
    [t('detail.contract'), feed?.contract_mw === undefined ? t('detail.nocontract') : s?.feeding ? t('detail.of', { value: mw(s.metered_mw), most: mw(feed.contract_mw) }) : mw(feed.contract_mw)],
    [t('detail.note'), feed?.note ?? ''],
    [t('detail.angle'), feed?.angle_known ? '' : t('detail.noangle')],
  ];
}

function feederFacts(id: string, plan: Plan, seen: Seen): Fact[] {
  const f = plan.feeders.find((x) => x.node === id);
  const who = (f?.residents ?? []).map((r) => rows.value.find((x) => x.id === r)?.fixed.value.name ?? r);
  return [
    [t('detail.section'), elementName(f?.bus ?? '')],
    [t('detail.residents'), who.join(', ')],
    [t('detail.draws'), f ? powerOf(plan, f.node, f.residents) && `${powerOf(plan, f.node, f.residents)} ${t('unit.kW')}` : ''],
    [t('detail.state'), seen.bus.get(f?.bus ?? '')?.live ? '' : t('diagram.dead')],
    [t('detail.points'), f?.points.join(', ') ?? ''],
  ];
}
