import { dash } from '../format';
import { decimal, named, plural, t } from '../i18n';
import { query, useAnswer } from './data';
import type { Demand, Peak } from './types';
import { amount, mean, moment, share } from './words';

/** DemandPanel is what a month is billed by besides energy. */
export function DemandPanel({ resident, month }: { resident: string; month: string }) {
  const d = useAnswer<Demand>(query('demand', { resident, month })).value.data;
  if (!d) return null;
  const part = (x: number | undefined, digits: number) => (x === undefined ? dash : decimal(x, digits));
  return (
    <section class="panel" id="demand" aria-labelledby="demand-title">
      <div class="head">
        <h2 id="demand-title">
          {t('demand.title')} <span class="unit">{month}</span>
        </h2>
        {(d.missing > 0 || d.stood_in > 0) && (
          <span class="muted">
            {d.stood_in > 0 && plural('demand.stood', d.stood_in)} {d.missing > 0 && plural('demand.missing', d.missing)}
          </span>
        )}
      </div>
      <dl class="facts num">
        <Fact name={t('demand.energy')} value={(d.energy_wh === undefined ? '≥ ' : '') + amount(d.energy_wh ?? d.known_wh, 'Wh')} />
        {d.maxima.map((m) => (
          <Fact key={m.minutes} name={t('demand.maximum', { n: String(m.minutes) })} value={peak(m.block)} note={m.unbilled && t('demand.unbilled', { power: mean(m.unbilled.power_w, 'Wh') })} />
        ))}
        {d.declared_w !== undefined && <Fact name={t('demand.declared')} value={mean(d.declared_w, 'Wh')} />}
        <Fact name={t('demand.load_factor')} value={part(d.load_factor, 2)} />
        <Fact name={t('demand.use_hours')} value={part(d.use_hours, 0)} />
        <Fact name="tan φ" value={part(d.tan_phi, 2)} />
        <Fact name="cos φ" value={part(d.cos_phi, 3)} />
        {(d.zones ?? []).map((z) => (
          <Fact key={z.zone} name={t('demand.zone', { name: named('zone.', z.zone) })} value={amount(z.energy_wh, 'Wh')} note={share(z.share)} />
        ))}
      </dl>
    </section>
  );
}

const peak = (p: Peak | undefined) => (p ? `${mean(p.power_w, 'Wh')} · ${moment(p.start)}` : dash);

function Fact({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value} {note && <span class="muted">{note}</span>}
      </dd>
    </div>
  );
}
