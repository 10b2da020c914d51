import { useEffect } from 'preact/hooks';
import { named, plural, t } from '../i18n';
import { choose, follow, route } from '../route';
import { rows } from '../store';
import { Bars } from './bars';
import { pointOf, points, query, useAnswer, usePoints } from './data';
import { DemandPanel } from './demand';
import { chosenSpan, Select, SpanPicker, spanTitle, SubjectPicker, Trouble } from './pickers';
import { DayTable, QuarterTable } from './tables';
import type { Entry, IntervalList, Settlement } from './types';
import { Versions } from './versions';
import { amount, amountOf, graded, gradeWord, mean, meanOf } from './words';

/** Profile is the load of a resident or of a point, interval by interval, with the quality of each. */
export function Profile() {
  usePoints();
  const { chosen } = route.value;
  const { span, day, from, to } = chosenSpan(chosen);
  const resident = chosen.resident;
  const point = resident ? undefined : (chosen.point ?? points.value[0]?.id);
  const channels = channelsOf(resident, point);
  const channel = channels.includes(chosen.channel ?? '') ? chosen.channel : channels[0];
  const about = { point, resident, channel, from, to, settlement: chosen.settlement };
  const ready = (point || resident) && channel;
  const base = useAnswer<IntervalList>(ready ? query('intervals', { ...about, limit: '3200' }) : null, 60).value;
  const days = useAnswer<IntervalList>(ready && span !== 'day' ? query('intervals', { ...about, step: 'day' }) : null, 60).value;
  const list = base.data;
  const some = !!list?.intervals.length;
  useEffect(() => {
    if (!chosen.point && !resident && points.value[0]) choose({ point: points.value[0].id }, true);
  }, [points.value]);
  return (
    <>
      <section class="panel bar-of-choice" aria-label={t('books.choice')}>
        <SubjectPicker resident={resident} point={point} />
        <Select id="channel" label={t('profile.channel')} value={channel ?? ''} options={channels.map((c) => ({ value: c, text: named('channel.', c) }))} onChoose={(c) => choose({ channel: c, at: undefined })} />
        <SpanPicker span={span} day={day} />
        <SettlementPicker chosen={chosen.settlement} />
        {ready && <a class="button" id="to-findings" {...follow('findings', { point, resident })}>{t('nav.findings')}</a>}
        {ready && list && (
          <a class="button" id="csv" download href={query('intervals.csv', { ...about, style: document.documentElement.lang === 'en' ? 'plain' : 'excel', limit: '5000' })}>
            {t('profile.csv')}
          </a>
        )}
      </section>
      <section class="panel profile" id="profile" aria-labelledby="profile-title" data-asking={base.asking}>
        <div class="head">
          <h2 id="profile-title">
            {title(resident, point)} <span class="unit">{spanTitle(span, day)}</span>
          </h2>
          {list && <Summary list={list} />}
        </div>
        {!list && <Trouble failure={base.failure} asking={base.asking} />}
        {list && <Bars list={list} from={list.from} to={list.to} chosen={chosen.at} onChoose={(e) => choose({ at: e.start }, true)} />}
        {list && !some && <p class="muted empty">{t('profile.empty')}</p>}
      </section>
      {chosen.at && list && channel && <Versions points={list.points} channel={channel} start={chosen.at} unit={list.unit} />}
      {resident && channel === 'A+' && <DemandPanel resident={resident} month={day.slice(0, 7)} />}
      {list && some && span === 'day' && <QuarterTable list={list} chosen={chosen.at} />}
      {days.data && span !== 'day' && <DayTable list={days.data} />}
    </>
  );
}

function title(resident: string | undefined, point: string | undefined): string {
  if (resident) return rows.value.find((r) => r.id === resident)?.fixed.value.name ?? resident;
  const p = pointOf(point);
  return p?.name && p.name !== p.id ? `${p.name} (${p.id})` : (point ?? '');
}

function channelsOf(resident: string | undefined, point: string | undefined): string[] {
  if (resident) {
    const own = points.value.filter((p) => p.resident === resident && p.role === 'resident');
    return [...new Set(own.flatMap((p) => p.channels))];
  }
  return pointOf(point)?.channels ?? [];
}

function SettlementPicker({ chosen }: { chosen: string | undefined }) {
  const made = useAnswer<{ settlements: Settlement[] }>('/api/v1/settlements').value.data?.settlements ?? [];
  if (!made.length) return null;
  return (
    <Select
      id="settlement"
      label={t('profile.versions')}
      value={chosen ?? ''}
      options={[{ value: '', text: t('profile.current') }, ...made.map((s) => ({ value: s.id, text: t('profile.settled', { id: s.id }) }))]}
      onChoose={(settlement) => choose({ settlement })}
    />
  );
}

/** Summary is the sum of what is known, the highest mean, and how many intervals there are of each grade. */
function Summary({ list }: { list: IntervalList }) {
  let sum = 0;
  let highest: Entry | undefined;
  const counts = new Map<string, number>();
  for (const e of list.intervals) {
    sum += amountOf(e) ?? 0;
    counts.set(e.grade, (counts.get(e.grade) ?? 0) + 1);
    // An estimate sets no maximum: its peaks are not to be believed.
    if ((e.grade === 'A' || e.grade === 'F') && (meanOf(e) ?? -Infinity) > (highest ? meanOf(highest)! : -Infinity)) highest = e;
  }
  return (
    <ul class="summary num" id="summary">
      <li>
        {t('profile.sum')} <b>{amount(sum, list.unit)}</b>
      </li>
      {highest && (
        <li>
          {t('profile.highest')} <b>{mean(meanOf(highest), list.unit)}</b>
        </li>
      )}
      {graded
        .filter((g) => counts.has(g))
        .map((g) => (
          <li key={g}>
            <i class={`grade g-${g}`}>{g}</i> {gradeWord(g)} {plural('profile.intervals', counts.get(g)!)}
          </li>
        ))}
    </ul>
  );
}
