import { computed, signal } from '@preact/signals';
import { age, dash } from '../format';
import { decimal, has, lang, named, plural, t } from '../i18n';
import { reworded } from '../said';
import { choose, follow, route } from '../route';
import { ageOf, rows } from '../store';
import { useAnswer, when, type Meter } from './data';
import { Panel, Table, Trouble } from './parts';

const search = signal('');

/** doubtful is a meter that somebody should look at. */
const doubtful = (m: Meter) => !!m.point && (m.freshness !== 'fresh' || m.quality !== 'good' || m.verification_over || m.polled?.failing || !['good', '', undefined].includes(m.polled?.standing) || !!m.polled?.disagrees);

/** Meters is every meter: where it stands, how it answers, who it says it is. */
export function Meters() {
  const answer = useAnswer<{ meters: Meter[] }>('system/meters', 5).value;
  const { line, show } = route.value.chosen;
  const words = search.value.toLocaleLowerCase(lang.value).trim();
  const all = answer.data?.meters ?? [];
  const found = all.filter((m) => (!line || m.line === line) && (show !== 'doubtful' || doubtful(m)) && `${m.id} ${m.point_name} ${m.point} ${m.model} ${m.serial} ${m.line} ${nameOf(m.resident)}`.toLocaleLowerCase(lang.value).includes(words));
  return (
    <Panel
      id="meters-panel"
      title={t('system.tab.meters')}
      at={answer.at}
      aside={
        answer.data && (
          <span class="muted num" id="meters-count">
            {plural('system.meters', found.length)}{found.length < all.length && ` / ${decimal(all.length, 0)}`} · {plural('system.doubtful', all.filter(doubtful).length)}
          </span>
        )
      }
    >
      <div class="bar-of-choice">
        <label class="select"><span>{t('system.find')}</span><input type="search" id="find-meter" value={search} onInput={(e) => (search.value = e.currentTarget.value)} /></label>
        <label class="check"><input type="checkbox" id="doubtful" checked={show === 'doubtful'} onChange={(e) => choose({ show: e.currentTarget.checked ? 'doubtful' : undefined }, true)} /> {t('system.doubtful.only')}</label>
        {line && <button type="button" class="button" onClick={() => choose({ line: undefined })}>{t('system.line.only', { line })} ✕</button>}
      </div>
      <Trouble answer={answer} />
      {answer.data && (
        <Table label="meters-panel-title" columns={[['system.meter'], ['system.point'], ['col.age', 'right'], ['col.quality'], ['system.errors', 'right'], ['system.remarks', 'reason'], ['system.identity', 'reason']]}>
          {found.map((m) => <Row key={m.id} m={m} />)}
          {!found.length && <tr><td colSpan={7} class="muted empty">{t('system.none')}</td></tr>}
        </Table>
      )}
    </Panel>
  );
}

const nameOf = (resident: string | undefined) => rows.value.find((r) => r.id === resident)?.fixed.value.name ?? '';

function Row({ m }: { m: Meter }) {
  const p = m.polled;
  const seconds = computed(() => ageOf(m.at));
  const failed = p ? p.requests.failures + p.requests.unreachable + p.requests.exceptions : undefined;
  const total = p && failed !== undefined ? failed + p.requests.ok : 0;
  const remarks = [
    reworded(m.reason),
    p?.failing && reworded(p.reason),
    p?.breaker_open && t('system.breaker'),
    p?.standing && p.standing !== 'good' && `${quality(p.standing)}: ${reworded(p.standing_why)}`,
    p?.exchanges && plural('system.exchanges', p.exchanges),
    p?.implausible && plural('system.implausible', p.implausible),
    p?.disagrees && t('system.disagrees', { what: p.disagrees }),
    p?.clock_offset_s !== undefined && Math.abs(p.clock_offset_s) >= 1 && t('system.offset', { s: decimal(p.clock_offset_s, 1) }),
    m.verification_over && t('system.overdue', { date: when(m.verified_to).slice(0, 10) }),
  ].filter((x): x is string => !!x);
  return (
    <tr data-meter={m.id} data-freshness={m.freshness}>
      <th scope="row">
        {m.id} <span class="muted">{m.model}</span>
      </th>
      <td>
        {m.point ? <a {...follow('profile', { point: m.point })}>{m.point_name || m.point}</a> : <span class="muted">{t('system.nowhere')}</span>}
        {m.resident && <> · <a {...follow('resident', { id: m.resident })}>{nameOf(m.resident) || m.resident}</a></>} <span class="muted num">{m.line} / {m.unit}</span>
      </td>
      <td class="right num age" data-label={t('col.age')}>{computed(() => (seconds.value === undefined ? dash : age(seconds.value)))}</td>
      <td class="quality"><span class="q">{quality(m.quality)}</span></td>
      <td class="right num" data-label={t('system.errors')} title={total ? `${decimal(failed!, 0)} / ${decimal(total, 0)}` : undefined}>{total ? decimal((100 * failed!) / total, 2) + '\u00a0%' : dash}</td>
      <td class="reason wrap">{[...new Set(remarks)].join(' · ')}</td>
      <td class="reason num" title={p?.identity}>{[m.serial, p?.identity].filter(Boolean).join(' · ') || dash}</td>
    </tr>
  );
}

const quality = (q: string) => (has('quality.' + q) ? t('quality.' + q) : named('quality.', q));
