// The curve of a day. This file is loaded when the first view stands: what draws curves is
// as large as all the rest of it.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { hourMinute, megawatts, percent } from './format';
import { decimal, lang, t } from './i18n';
import './shared';
import { serverNow, site, zone } from './store';
import { theme } from './theme';
import type { Trend } from './types';

const trend = signal<Trend | null>(null);
const failure = signal('');

async function load(px: number): Promise<void> {
  try {
    const answer = await fetch(`/api/v1/trend?hours=24&px=${Math.max(100, Math.min(4000, Math.round(px)))}`);
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail ?? String(answer.status));
    trend.value = body;
    failure.value = '';
  } catch (e) {
    failure.value = e instanceof Error ? e.message : String(e);
  }
}

/** Panel is the zone over 24 hours against the limit, yesterday as a ghost. */
export function Panel() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const ask = () => {
      if (!document.hidden) void load(box.current?.clientWidth ?? 800);
    };
    ask();
    const timer = window.setInterval(ask, Math.max(5000, 60_000 / site.peek().speed));
    document.addEventListener('visibilitychange', ask);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener('visibilitychange', ask);
    };
  }, []);
  const data = trend.value;
  const empty = data && data.avg_w.every((v) => v === null);
  return (
    <section class="trend panel" id="trend" aria-labelledby="trend-title">
      <div class="head">
        <h2 id="trend-title">{t('trend.title')} <span class="unit">{t('unit.MW')}</span></h2>
        {data && <span class="muted num" id="trend-quality" title={t('trend.worth', worth(data))}>{Object.values(worth(data)).join(' · ')}</span>}
        <ul class="keys">
          <li class="k-avg">{t('trend.today')}</li>
          <li class="k-range">{t('trend.range')}</li>
          <li class="k-ghost">{t('trend.yesterday')}</li>
          {data?.ahead && <li class="k-ahead">{t('trend.forecast')}</li>}
          <li class="k-limit">{t('trend.limit')}</li>
        </ul>
      </div>
      <div class="plot num" ref={box}>
        {data && <Plot data={data} />}
        {!data && !failure.value && <p class="muted empty">{t('trend.loading')}</p>}
        {empty && <p class="muted empty">{t('trend.empty')}</p>}
        {failure.value && <p class="muted empty">{t('trend.failed', { reason: failure.value })}</p>}
      </div>
    </section>
  );
}

/** worth is how far the curve reaches and how much of it is known. */
function worth(d: Trend): { time: string; pct: string } {
  const last = d.avg_w.reduce<number>((at, v, i) => (v === null ? at : i), -1);
  if (last < 0) return { time: '—', pct: percent(0) };
  const until = Math.min(d.t[last]! + d.step_s, serverNow.peek() / 1e3);
  const known = d.avg_w.filter((v) => v !== null).length / d.avg_w.length;
  return { time: hourMinute(until * 1e3, zone.value), pct: percent(100 * known) };
}

function Plot({ data }: { data: Trend }) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const look = `${lang.value} ${theme.value} ${zone.value}`;
  useEffect(() => {
    const el = host.current!;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(el), series(data), el);
    };
    make();
    const size = new ResizeObserver(() => plot.current?.setSize({ width: el.clientWidth, height: el.clientHeight }));
    size.observe(el);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', make);
    return () => {
      system.removeEventListener('change', make);
      size.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [look]);
  useEffect(() => {
    plot.current?.setData(series(data));
  }, [data]);
  return <div class="host" ref={host} role="img" aria-label={t('trend.title')} />;
}

function series(d: Trend): uPlot.AlignedData {
  const later = d.ahead?.t ?? [];
  const none = (n: number) => new Array<number | null>(n).fill(null);
  const mw = (row: (number | null)[]) => row.map((v) => (v === null ? null : v / 1e6));
  const past = (row: (number | null)[]) => [...mw(row), ...none(later.length)];
  const ahead = (row: number[] | undefined) => [...none(d.t.length), ...mw(row ?? [])];
  const t = [...d.t, ...later];
  const limit = t.map(() => (d.limit_w === undefined ? null : d.limit_w / 1e6));
  return [
    t, past(d.max_w), past(d.min_w), past(d.yesterday_w), past(d.avg_w), limit,
    ahead(d.ahead?.high_w), ahead(d.ahead?.low_w), ahead(d.ahead?.mean_w),
  ];
}

function options(el: HTMLElement): uPlot.Options {
  const css = getComputedStyle(document.documentElement);
  const ink = (name: string) => css.getPropertyValue(name).trim();
  const grown = Math.max(1, parseFloat(css.fontSize) / 15); // of a wall screen
  const font = `${Math.round(11 * grown)}px ${css.fontFamily}`;
  const axis = { stroke: ink('--muted'), font, grid: { stroke: ink('--grid'), width: 1 }, ticks: { show: false } };
  const row = (label: string, more: uPlot.Series): uPlot.Series => ({
    label,
    points: { show: false },
    value: (_, v) => (v === null ? '—' : megawatts(v * 1e6)),
    ...more,
  });
  return {
    width: el.clientWidth,
    height: el.clientHeight,
    tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), zone.peek()),
    padding: [6, 10, 0, 0],
    legend: { show: true, live: true },
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 5 } },
    scales: { y: { range: (_, __, max) => [0, Math.max(1, (max ?? 1) * 1.06)] } },
    axes: [
      { ...axis, space: 56 * grown, size: 26 * grown, values: (_, ts) => ts.map((x) => hourMinute(x * 1e3, zone.peek())) },
      { ...axis, space: 30 * grown, size: 34 * grown, values: (_, vs) => vs.map((v) => decimal(v, 0)) },
    ],
    series: [
      { label: '\u00a0', value: (_, ts) => (ts === null ? '' : hourMinute(ts * 1e3, zone.peek())) },
      row('max', { stroke: 'transparent', width: 0 }),
      row('min', { stroke: 'transparent', width: 0 }),
      row(t('trend.yesterday'), { stroke: ink('--ghost'), width: 1.5, dash: [4, 4], paths: uPlot.paths.stepped!({ align: 1 }) }),
      row(t('trend.today'), { stroke: ink('--line'), width: 1.6 }),
      row(t('trend.limit'), { stroke: ink('--limit'), width: 1.5, dash: [8, 4] }),
      row('max ', { stroke: 'transparent', width: 0, paths: uPlot.paths.stepped!({ align: 1 }) }),
      row('min ', { stroke: 'transparent', width: 0, paths: uPlot.paths.stepped!({ align: 1 }) }),
      row(t('trend.forecast'), { stroke: ink('--line'), width: 1.2, dash: [2, 3], paths: uPlot.paths.stepped!({ align: 1 }) }),
    ],
    hooks: { setLegend: [(u) => u.root.classList.toggle('idle', u.cursor.idx == null)] },
    bands: [{ series: [1, 2], fill: ink('--range') }, { series: [6, 7], fill: ink('--range') }],
  };
}
