import { computed } from '@preact/signals';
import { age, dash, kilowatts, percent, power } from '../format';
import { decimal, named, t } from '../i18n';
import { reworded } from '../said';
import { shares } from '../acts';
import { choose, follow, route } from '../route';
import { ageOf, rows, serverNow, type Row } from '../store';
import { Bars } from './bars';
import { query, useAnswer } from './data';
import { DemandPanel } from './demand';
import { chosenSpan, Select, SpanPicker, spanTitle, Trouble } from './pickers';
import { Feeders, Findings, Meters, OfAlarms, Share, Terms } from './residentpanels';
import { LoadBar } from './residents';
import { QuarterTable } from './tables';
import type { Figures, IntervalList } from './types';
import { Versions } from './versions';
import { moment } from './words';

/** Resident is one of them, whole: now, this day or week, on paper, in the books. */
export function Resident() {
  const { chosen } = route.value;
  const list = rows.value;
  const row = list.find((r) => r.id === (chosen.id ?? list[0]?.id));
  if (!row) return <p class="panel muted empty" role="alert">{t('resident.unknown', { id: chosen.id ?? '' })} <a {...follow('residents')}>{t('nav.residents')}</a></p>;
  return <Shown key={row.id} row={row} />;
}

function Shown({ row }: { row: Row }) {
  const { chosen } = route.value;
  const { span, day, from, to } = chosenSpan(chosen);
  const metered = row.fixed.value.points.length > 0;
  const base = useAnswer<IntervalList>(metered ? query('intervals', { resident: row.id, channel: 'A+', from, to, limit: '3200' }) : null, 60).value;
  const figures = useAnswer<{ time: string; month: string; residents: Figures[] }>(query('residents/figures', {}), 60).value.data;
  const share = computed(() => shares.value.find((s) => s.now.value.resident === row.id)?.now.value.share_w).value;
  const quarter = computed(() => Math.floor(serverNow.value / 900e3) * 900e3).value; // it moves on once in a quarter of an hour
  const allowed = share === undefined ? undefined : { power_w: share, from: quarter, text: t('resident.allowed', { power: power(share) }) };
  const names = [...rows.value].sort((a, b) => a.fixed.value.name.localeCompare(b.fixed.value.name, undefined, { numeric: true }));
  return (
    <>
      <section class="panel bar-of-choice" aria-label={t('books.choice')}>
        <Select id="resident" label={t('col.name')} value={row.id} options={names.map((r) => ({ value: r.id, text: r.fixed.value.name }))} onChoose={(id) => choose({ id, at: undefined })} />
        <SpanPicker span={span} day={day} />
        <a class="button" {...follow('residents')}>{t('nav.residents')}</a>
        <a class="button" id="to-profile" {...follow('profile', { resident: row.id, day, span })}>{t('nav.profile')}</a>
      </section>
      <Now row={row} figures={figures?.residents.find((f) => f.id === row.id)} month={figures?.month ?? ''} />
      <section class="panel profile" id="profile" aria-labelledby="profile-title" data-asking={base.asking && !base.data}>
        <div class="head">
          <h2 id="profile-title">{t('resident.profile')} <span class="unit">{spanTitle(span, day)}</span></h2>
          {base.data && <a class="button" id="csv" download href={query('intervals.csv', { resident: row.id, channel: 'A+', from, to, style: document.documentElement.lang === 'en' ? 'plain' : 'excel', limit: '5000' })}>CSV</a>}
        </div>
        {!base.data && <Trouble failure={base.failure} asking={base.asking} empty={t('quality.unmetered')} />}
        {base.data && <Bars list={base.data} from={base.data.from} to={base.data.to} chosen={chosen.at} allowed={allowed} onChoose={(e) => choose({ at: e.start }, true)} />}
        {base.data && !base.data.intervals.length && <p class="muted empty">{t('profile.empty')}</p>}
      </section>
      {chosen.at && base.data && <Versions points={base.data.points} channel="A+" start={chosen.at} unit={base.data.unit} />}
      <Feeders resident={row.id} />
      <Terms resident={row.id} />
      {metered && <DemandPanel resident={row.id} month={day.slice(0, 7)} />}
      {metered && <Share resident={row.id} list={base.data} from={from} to={to} />}
      <OfAlarms resident={row.id} />
      <Meters resident={row.id} />
      <Findings resident={row.id} />
      {base.data && span === 'day' && base.data.intervals.length > 0 && <QuarterTable list={base.data} chosen={chosen.at} />}
    </>
  );
}

/** Now is what the resident draws, against what it may. */
function Now({ row, figures: f, month }: { row: Row; figures?: Figures; month: string }) {
  const fixed = row.fixed.value;
  const { live } = row;
  const seconds = computed(() => ageOf(live.value.at));
  const share = computed(() => shares.value.find((s) => s.now.value.resident === row.id)?.now.value);
  return (
    <section class="panel" id="now" aria-labelledby="now-title" data-freshness={computed(() => live.value.freshness)}>
      <div class="head">
        <h2 id="now-title">{fixed.name} <span class="unit">{named('trade.', fixed.trade)} · {named('state.', fixed.state)}</span></h2>
        <span class="muted num" id="now-age">
          {computed(() => (seconds.value === undefined ? t('value.none') : t('resident.age', { age: age(seconds.value) })))} · {computed(() => named('quality.', live.value.partial ? 'partial' : live.value.quality))}
        </span>
      </div>
      <dl class="facts num">
        <div><dt>{t('resident.now')}</dt><dd id="now-power">{computed(() => (live.value.partial ? '≥ ' : '') + power(live.value.power_w))}</dd></div>
        <div><dt>{t('col.load')}</dt><dd><LoadBar pct={computed(() => live.value.load_pct)} /></dd></div>
        <div><dt>{t('col.allowed')}</dt><dd>{fixed.allowed_w > 0 ? power(fixed.allowed_w) : dash}</dd></div>
        <div><dt>{t('resident.share')}</dt><dd>{computed(() => (share.value ? power(share.value.share_w) : dash))} <span class="muted">{computed(() => share.value?.binding_name ?? '')}</span></dd></div>
        <div><dt>{t('resident.col.quarter')}</dt><dd>{f?.last ? `${kilowatts(f.last.power_w)}\u00a0${t('unit.kW')}` : dash} {f?.last && <span class="muted">{moment(f.last.start)} · <i class={`grade g-${f.last.grade}`}>{f.last.grade}</i></span>}</dd></div>
        <div><dt>{t('resident.col.highest')} {month}</dt><dd>{f?.highest ? `${kilowatts(f.highest.power_w)}\u00a0${t('unit.kW')}` : dash} {f?.highest && <span class="muted">{moment(f.highest.start)}{fixed.allowed_w > 0 && ` · ${percent((100 * f.highest.power_w) / fixed.allowed_w)}`}</span>}</dd></div>
        <div><dt>{t('resident.col.known')}</dt><dd>{f?.expected ? `${decimal(f.known, 0)}/${decimal(f.expected, 0)}` : dash} {!!f?.stood_in_count && <span class="muted">{t('resident.stood', { n: decimal(f.stood_in_count, 0) })}</span>}</dd></div>
        {fixed.technological_armour_w !== undefined && <div><dt>{t('resident.armour')}</dt><dd>{power(fixed.technological_armour_w)} / {power(fixed.emergency_armour_w)}</dd></div>}
      </dl>
      {live.value.reason && <p class="muted empty">{reworded(live.value.reason)}</p>}
    </section>
  );
}
