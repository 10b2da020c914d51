import { computed, type ReadonlySignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { age, dash, kilowatts, percent, power } from './format';
import { has, named, plural, t } from './i18n';
import { reworded } from './said';
import { choose, filter, held, hold, release, sort, visible, type Column } from './order';
import { follow } from './route';
import { useSeen } from './seen';
import { ageOf, rows, type Row } from './store';
import type { ResidentLive } from './types';

export function Residents() {
  return (
    <section class="residents panel" id="residents" aria-labelledby="residents-title">
      <div class="head">
        <h2 id="residents-title">
          {t('residents.title')} <span class="count">{computed(() => plural('residents.count', rows.value.length))}</span>
        </h2>
        <span class="held" hidden={computed(() => !held.value)}>{t('residents.held')}</span>
        <input
          type="search"
          id="filter"
          placeholder={t('residents.filter')}
          aria-label={t('residents.filter')}
          value={filter}
          onInput={(e) => (filter.value = e.currentTarget.value)}
        />
      </div>
      <div class="scroll" tabIndex={0} role="group" aria-labelledby="residents-title" onPointerEnter={hold} onPointerLeave={release} onFocusIn={hold} onFocusOut={release}>
        <table>
          <thead>
            <tr>
              <Head by="name" />
              <Head by="trade" class="wide" />
              <Head by="power" class="right" unit={t('unit.kW')} />
              <Head by="load" />
              <Head by="allowed" class="right wide" />
              <th scope="col" class="wide">{t('col.spark')}</th>
              <Head by="age" class="right" />
              <th scope="col">{t('col.quality')}</th>
            </tr>
          </thead>
          <Body />
        </table>
      </div>
    </section>
  );
}

function Head(p: { by: Column; class?: string; unit?: string }) {
  const name = t('col.' + p.by);
  const on = sort.value.by === p.by;
  return (
    <th scope="col" class={p.class} aria-sort={on ? (sort.value.down ? 'descending' : 'ascending') : undefined}>
      <button type="button" onClick={() => choose(p.by)} title={t('residents.sort', { column: name })} data-sort={p.by}>
        {name}
        {p.unit && <span class="unit">, {p.unit}</span>}
        <span class="arrow" aria-hidden="true">{on ? (sort.value.down ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </th>
  );
}

function Body() {
  const list = visible.value;
  return (
    <tbody>
      {list.map((r) => (
        <Line key={r.id} row={r} />
      ))}
      {list.length === 0 && (
        <tr>
          <td colSpan={8} class="muted empty">{t('residents.none', { text: filter.value })}</td>
        </tr>
      )}
    </tbody>
  );
}

/** Line is drawn once; afterwards its signals patch their own text and attributes, while it can be seen. */
function Line({ row }: { row: Row }) {
  const f = row.fixed.value;
  const [ref, now] = useSeen(useMemo(() => computed(() => ({ live: row.live.value, seconds: ageOf(row.live.value.at) })), [row]));
  const live = computed(() => now.value.live);
  const seconds = computed(() => now.value.seconds);
  return (
    <tr ref={ref} data-id={row.id} data-freshness={computed(() => live.value.freshness)} data-over={computed(() => String((live.value.load_pct ?? 0) > 100))}>
      <th scope="row" title={f.name}>
        {f.points.length > 0 ? <a {...follow('profile', { resident: row.id })}>{f.name}</a> : f.name}
        {f.state !== 'working' && <span class="state">{named('state.', f.state)}</span>}
      </th>
      <td class="wide muted trade" title={named('trade.', f.trade)}>{named('trade.', f.trade)}</td>
      <td class="right num power" data-unit={t('unit.kW')} title={computed(() => why(live.value))}>
        {computed(() => (live.value.partial ? '≥ ' : '') + kilowatts(live.value.power_w))}
      </td>
      <td class="load num">
        <Load row={row} live={live} />
      </td>
      <td class="right wide num muted">{f.allowed_w > 0 ? kilowatts(f.allowed_w) : dash}</td>
      <td class="wide spark">
        <Spark row={row} />
      </td>
      <td class="right num age">{computed(() => (seconds.value === undefined ? dash : age(seconds.value)))}</td>
      <td class="quality" title={computed(() => why(live.value))}>
        <span class="q">{computed(() => quality(live.value))}</span>
      </td>
    </tr>
  );
}

function why(v: ResidentLive): string {
  const parts = [reworded(v.reason)];
  if (v.missing_points?.length) parts.push(t('load.missing', { points: v.missing_points.join(', ') }));
  return parts.filter(Boolean).join(' · ');
}

const marks: Record<string, string> = { fresh: '✓', suspect: '?', stale: '◔', silent: '✕' };

/** quality is a sign and a word: never a colour alone. */
function quality(v: ResidentLive): string {
  if (v.partial) return `◑ ${t('quality.partial')}`;
  if (!v.at && v.quality === 'not_available') return `– ${t('quality.unmetered')}`;
  const word = has('quality.' + v.quality) ? t('quality.' + v.quality) : v.quality;
  return `${marks[v.freshness] ?? '?'} ${word}`;
}

/** Load is a bar of the power against the technical conditions, with the armour as a mark. */
function Load({ row, live }: { row: Row; live: ReadonlySignal<ResidentLive> }) {
  const f = row.fixed.value;
  const width = computed(() => `width:${Math.min(100, Math.max(0, live.value.load_pct ?? 0)).toFixed(1)}%`);
  const tech = f.technological_armour_w;
  const label = computed(() => {
    const parts = [t('load.label', { pct: percent(live.value.load_pct), allowed: power(f.allowed_w) })];
    if (tech !== undefined) parts.push(t('load.armour', { tech: power(tech), emergency: power(f.emergency_armour_w) }));
    return parts.join(' · ');
  });
  return (
    <div class="loadbar" title={label} role="img" aria-label={label}>
      <div class="track">
        <div class="fill" style={width} />
        {tech !== undefined && tech > 0 && f.allowed_w > 0 && <i class="armour" style={`left:${Math.min(100, (100 * tech) / f.allowed_w).toFixed(1)}%`} />}
      </div>
      <span class="pct">{computed(() => ((live.value.load_pct ?? 0) > 100 ? '▲ ' : '') + percent(live.value.load_pct))}</span>
    </div>
  );
}

const sparkWidth = 76;
const sparkHeight = 20;

function Spark({ row }: { row: Row }) {
  const path = computed(() => curve(row.spark.value));
  const label = computed(() => {
    const known = row.spark.value.filter((v): v is number => v !== null);
    if (!known.length) return t('value.none');
    return t('spark.label', { min: power(Math.min(...known)), max: power(Math.max(...known)) });
  });
  return (
    <svg viewBox={`0 0 ${sparkWidth} ${sparkHeight}`} width={sparkWidth} height={sparkHeight} role="img" aria-label={label}>
      <path d={path} />
    </svg>
  );
}

/** curve is a path with gaps where a minute is not known; the scale starts at zero, so that flat looks flat. */
function curve(values: (number | null)[]): string {
  const most = Math.max(1, ...values.map((v) => v ?? 0)) * 1.05;
  let d = '';
  let pen = false;
  values.forEach((v, i) => {
    if (v === null) {
      pen = false;
      return;
    }
    const x = (i * sparkWidth) / (values.length - 1);
    const y = sparkHeight - 1 - (Math.max(0, v) / most) * (sparkHeight - 2);
    d += `${pen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    if (!pen && (values[i + 1] ?? null) === null) d += 'h.01'; // a lone minute is a dot
    pen = true;
  });
  return d;
}
