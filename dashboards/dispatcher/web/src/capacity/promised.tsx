import { has, named, t } from '../i18n';
import type { HostingView, Quarter } from './types';
import { day, megawatts, mw, quarter } from './words';

const box = { width: 320, height: 96, left: 26, right: 34, top: 8, bottom: 20 };

/** Promised is since when it would be firm: as it is, and by scenario of what is promised. */
export function Promised({ v }: { v: HostingView }) {
  return (
    <section class="panel" id="promised" aria-labelledby="promised-title">
      <div class="head">
        <h2 id="promised-title">
          {t('promised.title')} <span class="unit">{t('unit.MW')}</span>
        </h2>
        <span class="muted">{t('promised.note')}</span>
      </div>
      <ul class="cap-scenarios">
        {v.firm_from.map((f) => (
          <li key={f.scenario} data-scenario={f.scenario}>
            <b>{scenario(f.scenario)}</b> <span class="num">{f.from ? t('promised.from', { date: day(f.from) }) : t('promised.never')}</span>
            <Steps list={f.quarters} wanted={v.power_w} name={scenario(f.scenario)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const scenario = (id: string): string => (id === '' ? t('promised.asis') : has('promise.' + id) ? t('promise.' + id) : named('promise.', id));

/** Steps is how much could connect firmly in each quarter, against what is wanted. */
function Steps({ list, wanted, name }: { list: Quarter[]; wanted: number; name: string }) {
  if (!list.length) return null;
  const most = 1.1 * Math.max(wanted, ...list.map((q) => (q.unlimited ? 0 : q.firm_w)));
  const x = (i: number) => box.left + ((box.width - box.left - box.right) * i) / list.length;
  const y = (w: number) => box.top + (box.height - box.top - box.bottom) * (1 - w / most);
  const height = (q: Quarter) => (q.unlimited ? most : q.firm_w);
  const line = list.map((q, i) => `${i ? 'V' : `M${x(0)} `}${y(height(q)).toFixed(1)}H${x(i + 1).toFixed(1)}`).join('');
  const label = `${name}: ${list.map((q) => `${quarter(q.from)} ${q.unlimited ? t('pool.unlimited') : megawatts(q.firm_w)}`).join('; ')}`;
  const every = Math.ceil(list.length / 3);
  return (
    <svg class="cap-chart cap-small" viewBox={`0 0 ${box.width} ${box.height}`} role="img" aria-label={label}>
      <g class="frame">
        <path class="zero" d={`M${box.left} ${y(0)}H${box.width - box.right}`} />
        <text class="end" x={box.left - 4} y={y(0) + 4}>0</text>
        {list.map((q, i) => i % every === 0 && <text key={q.from} x={x(i)} y={box.height - 5}>{quarter(q.from)}</text>)}
      </g>
      <path class="cap-area" d={`${line}V${y(0)}H${x(0)}Z`} />
      <path class="cap-line" d={line} />
      {list.map((q, i) => (
        <rect key={q.from} class="hit" x={x(i)} y={box.top} width={x(1) - x(0)} height={box.height - box.top - box.bottom}>
          <title>{`${quarter(q.from)}: ${q.unlimited ? t('pool.unlimited') : megawatts(q.firm_w)}`}</title>
        </rect>
      ))}
      <g class="level l-need">
        <path d={`M${box.left} ${y(wanted)}H${box.width - box.right}`} />
        <text x={box.width - box.right + 4} y={y(wanted) + 4}>{mw(wanted)}</text>
      </g>
    </svg>
  );
}
