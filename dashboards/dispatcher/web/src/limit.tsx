import { computed, type ReadonlySignal } from '@preact/signals';
import { age, dash, hourMinute, megawatts, minutes, percent, power } from './format';
import { has, named, t } from './i18n';
import { ageOf, overview, serverNow, zone } from './store';
import type { Overview } from './types';

type Field = 'power_w' | 'block_mean_w' | 'projection_w' | 'allowable_w' | 'headroom_w';

const limit = computed(() => overview.value.limit_w);
/** scale is the power at the right end of the bar: a tenth above the limit, or more if need be. */
const scale = computed(() => {
  const o = overview.value;
  const most = Math.max(o.power_w ?? 0, o.projection_w ?? 0, o.block_mean_w ?? 0);
  return Math.max((o.limit_w ?? 0) * 1.1, most * 1.04, 1e6);
});
const band = computed(() => {
  const o = overview.value;
  if (o.projection_w === undefined) return 'unknown';
  return o.band === 'unknown' ? 'unsettled' : o.band || 'normal';
});
const bandMark: Record<string, string> = { normal: '', watch: '■', warn: '◆', limit: '▲', over: '▲', unknown: '?', unsettled: '' };

function position(w: number | undefined): string {
  return w === undefined ? 'display:none' : `left:${((100 * Math.max(0, w)) / scale.value).toFixed(2)}%`;
}

export function LimitStrip() {
  return (
    <section class="limit panel" id="limit" data-band={band} data-freshness={computed(() => overview.value.freshness)} aria-label={t('limit.title')}>
      <div class="figures">
        <Figure id="power" label="limit.power" field="power_w" big note={computed(powerNote)} />
        <Figure id="mean" label="limit.mean" field="block_mean_w" note={computed(blockNote)} />
        <Figure id="projection" label="limit.projection" field="projection_w" judged note={computed(bandNote)} />
        <Figure id="allowable" label="limit.allowable" field="allowable_w" note={computed(slidingNote)} />
        <Figure
          id="headroom"
          label={computed(() => ((overview.value.headroom_w ?? 0) < 0 ? 'limit.over' : 'limit.headroom'))}
          field="headroom_w"
          judged
          note={computed(headroomNote)}
        />
        <LimitFigure />
      </div>
      <Bar />
    </section>
  );
}

function Figure(p: {
  id: string;
  label: string | ReadonlySignal<string>;
  field: Field;
  big?: boolean;
  judged?: boolean;
  note: ReadonlySignal<string>;
}) {
  const value = computed(() => {
    const w = overview.value[p.field];
    return megawatts(p.field === 'headroom_w' && w !== undefined ? Math.abs(w) : w);
  });
  const why = computed(() => overview.value.missing?.[p.field] ?? '');
  return (
    <div class={`figure${p.big ? ' big' : ''}${p.judged ? ' judged' : ''}`} title={why}>
      <div class="label">{computed(() => t(typeof p.label === 'string' ? p.label : p.label.value))}</div>
      <div class="value num" id={'figure-' + p.id}>
        <b>{value}</b> <span class="unit">{t('unit.MW')}</span>
      </div>
      <div class="note">{p.note}</div>
    </div>
  );
}

function LimitFigure() {
  const value = computed(() => (limit.value === undefined ? dash : megawatts(limit.value)));
  const note = computed(() => {
    const o = overview.value;
    if (o.limit_kind !== 'stated') return t('limit.' + o.limit_kind);
    return o.feeding ? t('limit.feeding', { name: o.feeding }) : t('limit.feeding.none');
  });
  return (
    <div class="figure">
      <div class="label">{t('limit.limit')}</div>
      <div class="value num" id="figure-limit">
        <b>{value}</b> <span class="unit">{t('unit.MW')}</span>
      </div>
      <div class="note" id="feeding">{note}</div>
    </div>
  );
}

/** marks are the quality of what all figures of the strip rest on. */
const marks = { fresh: '✓', suspect: '?', stale: '◔', silent: '✕' };

function powerNote(): string {
  const o = overview.value;
  const seconds = ageOf(o.at);
  const parts: string[] = [];
  if (o.power_w === undefined) parts.push('✕ ' + t('value.none'));
  else if (o.power_source) parts.push(`${marks[o.freshness]} ${named('source.', o.power_source)}`);
  if (seconds !== undefined) parts.push(t('limit.age', { age: age(seconds) }));
  if (o.degraded) parts.push(t('limit.degraded'));
  return parts.join(' · ');
}

function blockNote(): string {
  const o: Overview = overview.value;
  if (!o.block_start || !o.block_end) return dash;
  const end = Date.parse(o.block_end);
  const from = hourMinute(Date.parse(o.block_start), zone.value);
  return `${from}–${hourMinute(end, zone.value)} · ${t('limit.left', { time: minutes((end - serverNow.value) / 1000) })}`;
}

function bandNote(): string {
  const b = band.value;
  const mark = bandMark[b];
  const text = has('band.' + b) ? t('band.' + b) : b;
  return mark ? `${mark} ${text}` : text;
}

function slidingNote(): string {
  const w = overview.value.sliding_allowable_w;
  return w === undefined ? '' : t('limit.sliding', { power: power(w) });
}

function headroomNote(): string {
  const o = overview.value;
  if (o.headroom_w === undefined || !o.limit_w) return '';
  return percent(Math.abs((100 * o.headroom_w) / o.limit_w));
}

/** Bar shows power against the limit: filled to the power now, a tick for the projection, a line for the mean so far. */
function Bar() {
  const label = computed(() => {
    const o = overview.value;
    return t('limit.bar', { power: power(o.power_w), projection: power(o.projection_w), limit: power(o.limit_w) });
  });
  const width = computed(() => {
    const w = overview.value.power_w;
    return w === undefined ? 'width:0' : `width:${((100 * Math.max(0, w)) / scale.value).toFixed(2)}%`;
  });
  const bands = [0.9, 0.95, 0.98];
  return (
    <div class="bar" role="img" aria-label={label}>
      <div class="track">
        <div class="over" style={computed(() => position(limit.value))} />
        <div class="fill num" style={width} />
        {bands.map((share) => (
          <i key={share} class="band" style={computed(() => position(limit.value === undefined ? undefined : limit.value * share))}>
            <span>{share * 100}</span>
          </i>
        ))}
        <i class="mean" style={computed(() => position(overview.value.block_mean_w))} />
      </div>
      <i class="mark" style={computed(() => position(limit.value))}>
        <span>{computed(() => `${t('limit.limit')} ${megawatts(limit.value, 1)}`)}</span>
      </i>
      <i class="tick num" style={computed(() => position(overview.value.projection_w))}>
        <span>{computed(() => `${t('limit.projection')} ${megawatts(overview.value.projection_w)}`)}</span>
      </i>
    </div>
  );
}
