import { useMemo } from 'preact/hooks';
import { named, plural, t } from '../i18n';
import { reworded } from '../said';
import { choose, follow, route } from '../route';
import { query, useAnswer } from './data';
import { addDays, dayOf, today } from './days';
import { Select, Trouble } from './pickers';
import type { Finding } from './types';
import { figure, moment, stretch } from './words';

const lengths = ['7', '31', '92'];
const severities = ['info', 'event', 'warning', 'alarm', 'failure', 'termination'];
const signs: Record<string, string> = { info: '■', event: '●', warning: '◆', alarm: '▲', failure: '✕', termination: '⊘' };

/** Findings is what validation has found, and where to look at it. */
export function Findings() {
  const { chosen } = route.value;
  const days = lengths.find((l) => l === chosen.days) ?? '31';
  const to = addDays(today(), 1);
  const answer = useAnswer<{ findings: Finding[]; more: boolean }>(
    query('findings', {
      from: addDays(to, -Number(days)), to, severity: chosen.severity, cleared: chosen.cleared, point: chosen.point, resident: chosen.resident, node: chosen.node, limit: '1000',
    }),
    60,
  ).value;
  const all = answer.data?.findings ?? [];
  const rules = useMemo(() => [...new Set(all.map((f) => f.rule))].sort(), [answer.data]);
  const shown = chosen.rule ? all.filter((f) => f.rule === chosen.rule) : all;
  const only = chosen.point ?? chosen.resident ?? chosen.node;
  return (
    <>
      <section class="panel bar-of-choice" aria-label={t('books.choice')}>
        <div class="switch" role="group" aria-label={t('completeness.length')}>
          {lengths.map((l) => (
            <button type="button" key={l} aria-pressed={l === days} onClick={() => choose({ days: l })}>
              {plural('completeness.days', Number(l))}
            </button>
          ))}
        </div>
        <Select
          id="severity"
          label={t('findings.severity')}
          value={chosen.severity ?? ''}
          options={[{ value: '', text: t('books.all') }, ...severities.slice(1).map((s) => ({ value: s, text: t('findings.from', { severity: t('finding.' + s) }) }))]}
          onChoose={(severity) => choose({ severity })}
        />
        <Select id="rule" label={t('findings.rule')} value={chosen.rule ?? ''} options={[{ value: '', text: t('books.all') }, ...rules.map((r) => ({ value: r, text: named('rule.', r) }))]} onChoose={(rule) => choose({ rule }, true)} />
        <label class="check">
          <input type="checkbox" id="cleared" checked={chosen.cleared === 'true'} onChange={(e) => choose({ cleared: e.currentTarget.checked ? 'true' : undefined })} />
          {t('findings.cleared')}
        </label>
        {only && (
          <button type="button" class="button" onClick={() => choose({ point: undefined, resident: undefined, node: undefined })}>
            {t('findings.only', { name: only })} ✕
          </button>
        )}
      </section>
      <section class="panel" id="findings" aria-labelledby="findings-title" data-asking={answer.asking}>
        <div class="head">
          <h2 id="findings-title">
            {t('findings.title')} {answer.data && <span class="count">{plural('findings.count', shown.length)}</span>}
          </h2>
          {answer.data?.more && <span class="muted">{t('findings.more')}</span>}
        </div>
        {!answer.data && <Trouble failure={answer.failure} asking={answer.asking} />}
        {answer.data && shown.length === 0 && <p class="muted empty">{t('findings.none')}</p>}
        {shown.length > 0 && <List list={shown} />}
      </section>
    </>
  );
}

function List({ list }: { list: Finding[] }) {
  return (
    <div class="scroll books-table cards" tabIndex={0} role="group" aria-labelledby="findings-title">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('findings.severity')}</th>
            <th scope="col">{t('findings.where')}</th>
            <th scope="col">{t('findings.rule')}</th>
            <th scope="col">{t('findings.when')}</th>
            <th scope="col" class="reason">{t('findings.what')}</th>
            <th scope="col">{t('findings.since')}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((f) => (
            <Row key={[f.rule, f.point, f.node, f.channel, f.from, f.found_at].join()} f={f} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ f }: { f: Finding }) {
  const name = f.name && f.name !== (f.point ?? f.node) ? `${f.name} (${f.point ?? f.node})` : (f.point ?? f.node ?? '');
  const day = dayOf(Date.parse(f.from));
  const place = f.point ? follow('profile', { point: f.point, channel: f.channel, span: 'day', day, at: f.from }) : follow('balance', { node: f.node, day });
  return (
    <tr data-severity={f.severity} data-rule={f.rule} class={f.cleared_at ? 'gone' : undefined}>
      <td class="severity">
        <span class="sign" aria-hidden="true">{signs[f.severity] ?? '?'}</span> {named('finding.', f.severity)}
      </td>
      <th scope="row">
        <a {...place}>{name}</a> {f.channel && f.channel !== 'A+' && <span class="muted">{named('channel.', f.channel)}</span>}
      </th>
      <td title={f.rule_set}>{named('rule.', f.rule)}</td>
      <td class="num">{stretch(f.from, f.to)}</td>
      <td class="reason wrap">
        {reworded(f.text)} {f.numbers.length > 0 && <span class="muted num">{f.numbers.map(figure).join(' · ')}</span>}
      </td>
      <td class="num">
        {moment(f.found_at)} {f.cleared_at && <span class="muted">{t('findings.until', { time: moment(f.cleared_at) })}</span>}
      </td>
    </tr>
  );
}
