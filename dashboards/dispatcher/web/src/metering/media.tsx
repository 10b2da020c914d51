import { decimal, named, plural, t } from '../i18n';
import { dash, percent } from '../format';
import { follow } from '../route';
import { rows } from '../store';
import { useAnswer } from './data';
import { Trouble } from './pickers';
import type { Medium, MediumUse } from './types';
import { moment, stretch, thousand } from './words';

/** Media is gas, water and sewage: volumes and flows against the zone's limits, and never watts. */
export function Media() {
  const answer = useAnswer<{ media: Medium[] }>('/api/v1/media', 60).value;
  const list = answer.data?.media ?? [];
  if (!answer.data) return <section class="panel"><Trouble failure={answer.failure} asking={answer.asking} /></section>;
  if (!list.length) return <section class="panel" id="media"><p class="muted empty">{t('media.none')}</p></section>;
  return (
    <div id="media" class="media">
      {list.map((m) => (
        <One key={m.medium} m={m} />
      ))}
    </div>
  );
}

function One({ m }: { m: Medium }) {
  const id = `medium-${m.medium}`;
  return (
    <section class="panel" aria-labelledby={id} data-medium={m.medium}>
      <div class="head">
        <h2 id={id}>{named('medium.', m.medium)}</h2>
        {m.basis.length > 0 && m.limits.length > 0 && <span class="muted">{t('media.basis', { points: m.basis.join(', ') })}</span>}
      </div>
      {m.limits.map((l) => (
        <Limit key={l.per_s} limit={l} />
      ))}
      {m.points.length === 0 && <p class="muted empty">{t('media.unmetered')}</p>}
      {m.points.length > 0 && (
        <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby={id}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('media.point')}</th>
                <th scope="col">{t('col.name')}</th>
                <th scope="col" class="right">{t('media.hour')}<span class="unit">, {t('unit.m3h')}</span></th>
                <th scope="col" class="right">{t('media.today')}<span class="unit">, {t('unit.m3')}</span></th>
                <th scope="col">{t('table.grade')}</th>
              </tr>
            </thead>
            <tbody>
              {m.points.map((p) => (
                <tr key={p.point} data-point={p.point}>
                  <th scope="row">
                    <a {...follow('profile', { point: p.point })}>{p.name && p.name !== p.point ? `${p.name} (${p.point})` : p.point}</a>
                  </th>
                  <td>{p.resident ? (rows.value.find((r) => r.id === p.resident)?.fixed.value.name ?? p.resident) : named('role.', p.role)}</td>
                  <td class="right num strong">{used(p.hour)}</td>
                  <td class="right num">{used(p.day)}</td>
                  <td>{p.day && <i class={`grade g-${p.day.worst}`}>{p.day.worst}</i>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** used is a volume; of one that is not whole at least so much. */
function used(u: MediumUse | undefined): string {
  if (!u || (!u.known && u.volume_l === 0)) return dash;
  return (u.known ? '' : '≥ ') + thousand(u.volume_l);
}

function Limit({ limit: l }: { limit: Medium['limits'][number] }) {
  const hourly = l.per_s === 3600;
  const unit = t(hourly ? 'unit.m3h' : 'unit.m3d');
  const pct = l.share === undefined ? undefined : 100 * l.share;
  const label = t('media.of', { part: percent(pct), limit: `${thousand(l.limit_l)} ${unit}` });
  return (
    <div class="medium-limit" data-over={pct !== undefined && pct > 100}>
      <div class="loadbar" role="img" aria-label={label} title={stretch(l.last.start, l.last.end)}>
        <div class="track">
          <div class="fill" style={`width:${Math.min(100, pct ?? 0).toFixed(1)}%`} />
        </div>
      </div>
      <dl class="facts num">
        <div>
          <dt>{t(hourly ? 'media.last.hour' : 'media.last.day')}</dt>
          <dd>
            {pct !== undefined && pct > 100 ? '▲ ' : ''}
            {used(l.last)} {unit} <span class="muted">{label}</span>
          </dd>
        </div>
        <div>
          <dt>{t('media.running')}</dt>
          <dd>{used(l.running)} {t('unit.m3')}</dd>
        </div>
        {l.highest && (
          <div>
            <dt>{plural('media.highest', 31)}</dt>
            <dd>
              {decimal(l.highest.volume_l / 1000, 0)} {unit} <span class="muted">{moment(l.highest.start)}</span>
            </dd>
          </div>
        )}
      </dl>
    </div>
  );
}
