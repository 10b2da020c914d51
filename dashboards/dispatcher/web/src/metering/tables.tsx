import { t } from '../i18n';
import { reworded } from '../said';
import { choose } from '../route';
import { dayOf, longDay, weekday } from './days';
import type { Entry, IntervalList } from './types';
import { amountOf, amountUnit, clock, flagWords, gradeWord, meanOf, meanUnit, methodWord, share, thousand } from './words';

/** QuarterTable is a day, interval by interval: the same as the bars, in numbers. */
export function QuarterTable({ list, chosen }: { list: IntervalList; chosen?: string }) {
  return (
    <section class="panel" aria-labelledby="quarters-title">
      <div class="head">
        <h2 id="quarters-title">{t('table.quarters')}</h2>
      </div>
      <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby="quarters-title">
        <table id="quarters">
          <thead>
            <tr>
              <th scope="col">{t('table.interval')}</th>
              <th scope="col" class="right">{t('table.amount')}<span class="unit">, {amountUnit(list.unit)}</span></th>
              <th scope="col" class="right">± <span class="unit">{amountUnit(list.unit)}</span></th>
              <th scope="col" class="right">{t('table.mean')}<span class="unit">, {meanUnit(list.unit)}</span></th>
              <th scope="col">{t('table.grade')}</th>
              <th scope="col">{t('table.method')}</th>
              <th scope="col" class="reason">{t('table.reason')}</th>
              <th scope="col">{t('table.version')}</th>
            </tr>
          </thead>
          <tbody>
            {list.intervals.map((e) => (
              <Quarter key={e.start} entry={e} chosen={e.start === chosen} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Quarter({ entry: e, chosen }: { entry: Entry; chosen: boolean }) {
  const why = [flagWords(e.flags), reworded(e.reason)].filter(Boolean).join(': ');
  return (
    <tr data-grade={e.grade} data-start={e.start} aria-current={chosen}>
      <th scope="row" class="num">
        {clock(e.start)}–{clock(e.end)}
      </th>
      <td class="right num strong">{thousand(amountOf(e))}</td>
      <td class="right num muted">{amountOf(e) === undefined ? '' : thousand(e.uncertainty)}</td>
      <td class="right num">{thousand(meanOf(e))}</td>
      <td>
        <i class={`grade g-${e.grade}`}>{e.grade}</i> <span class="word">{gradeWord(e.grade)}</span>
      </td>
      <td>{methodWord(e.method)}</td>
      <td class="reason" tabIndex={why ? 0 : undefined} title={why} aria-label={why || undefined}>
        {why}
      </td>
      <td>
        <button type="button" class="link" onClick={() => choose({ at: e.start }, true)} aria-label={t('versions.open', { time: clock(e.start) })}>
          {e.version ? `${t('versions.short')} ${e.version}` : t('versions.points')}
        </button>
      </td>
    </tr>
  );
}

/** DayTable is a week or a month by days, with what each grade contributes. */
export function DayTable({ list }: { list: IntervalList }) {
  return (
    <section class="panel" aria-labelledby="days-title">
      <div class="head">
        <h2 id="days-title">{t('table.days')}</h2>
      </div>
      <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby="days-title">
        <table id="days">
          <thead>
            <tr>
              <th scope="col">{t('table.day')}</th>
              <th scope="col" class="right">{t('table.amount')}<span class="unit">, {amountUnit(list.unit)}</span></th>
              <th scope="col" class="right">{t('table.mean')}<span class="unit">, {meanUnit(list.unit)}</span></th>
              <th scope="col" class="right">{t('table.known')}</th>
              <th scope="col">{t('table.parts')}</th>
              <th scope="col" class="reason">{t('table.reason')}</th>
            </tr>
          </thead>
          <tbody>
            {list.intervals.map((e) => (
              <Day key={e.start} entry={e} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Day({ entry: e }: { entry: Entry }) {
  const day = dayOf(Date.parse(e.start));
  const whole = amountOf(e);
  return (
    <tr data-grade={e.worst} data-day={day}>
      <th scope="row">
        <button type="button" class="link num" onClick={() => choose({ span: 'day', day })}>
          {longDay(day)}, {weekday(day)}
        </button>
      </th>
      <td class="right num strong">{whole === undefined && e.known_part !== undefined ? `≥ ${thousand(e.known_part)}` : thousand(whole)}</td>
      <td class="right num">{thousand(meanOf(e))}</td>
      <td class="right num">
        {e.known}/{e.expected}
      </td>
      <td class="num">
        {(e.parts ?? []).map((p) => (
          <span class="part" key={p.grade} title={gradeWord(p.grade)}>
            <i class={`grade g-${p.grade}`}>{p.grade}</i> {p.count}
            {p.share > 0 && p.share < 1 ? ` (${share(p.share)})` : ''}
          </span>
        ))}
        {!!e.missing && (
          <span class="part">
            <i class="grade g-missing">–</i> {t('table.missing', { n: String(e.missing) })}
          </span>
        )}
      </td>
      <td class="reason" title={reworded(e.reason)}>{reworded(e.reason)}</td>
    </tr>
  );
}
