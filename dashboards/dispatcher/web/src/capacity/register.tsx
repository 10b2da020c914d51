import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { decimal, lang, named, plural, t } from '../i18n';
import { query, useAnswer } from './data';
import { State } from './parts';
import type { PoolView, RegisterEntry, RegisterView } from './types';
import { day, kilowatts, lastDay } from './words';

const search = signal('');

/** Register is who may draw what where, since when, on which paper. */
export function Register() {
  const [at, setAt] = useState('');
  const [all, setAll] = useState(false);
  const answer = useAnswer<RegisterView>(query('register', { at }), 60).value;
  const v = answer.data;
  const nodes = new Map((useAnswer<PoolView>(query('pool')).value.data?.nodes ?? []).map((n) => [n.node, n.name]));
  const words = search.value.toLocaleLowerCase(lang.value).trim();
  const list = (all ? v?.history : v?.entries)?.filter((e) => `${e.name} ${nodes.get(e.node) ?? ''} ${e.node} ${e.condition} ${e.document}`.toLocaleLowerCase(lang.value).includes(words));
  return (
    <section class="panel" id="register" aria-labelledby="register-title" data-asking={answer.asking && !v}>
      <div class="head">
        <h2 id="register-title">
          {t('register.title')} {list && <span class="count">{plural('conditions.count', list.length)}</span>}
        </h2>
        {v && <span class="muted num">{all ? t('register.all') : t('register.at', { date: day(v.at) })}</span>}
      </div>
      <div class="bar-of-choice">
        <label class="select">
          <span>{t('residents.filter')}</span>
          <input type="search" id="find-entry" value={search} onInput={(e) => (search.value = e.currentTarget.value)} />
        </label>
        <label class="select">
          <span>{t('register.on')}</span>
          <input type="date" id="register-at" value={at} onChange={(e) => setAt(e.currentTarget.value)} />
        </label>
        <label class="check">
          <input type="checkbox" id="register-all" checked={all} onChange={(e) => setAll(e.currentTarget.checked)} /> {t('register.history')}
        </label>
      </div>
      <State answer={answer} />
      {list && (
        <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby="register-title">
          <table>
            <thead>
              <tr>
                {(['name', 'node', 'firm', 'more', 'from', 'paper', 'who'] as const).map((c) => <th key={c} scope="col" class={c === 'firm' ? 'right' : ''}>{t('register.' + c)}</th>)}
              </tr>
            </thead>
            <tbody>
              {list.map((e) => <Entry key={e.condition + e.from + e.document} e={e} node={nodes.get(e.node) || e.node} />)}
              {!list.length && (
                <tr>
                  <td colSpan={7} class="muted empty">{t('conditions.none')}</td>
                </tr>
              )}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Entry({ e, node }: { e: RegisterEntry; node: string }) {
  const more = [
    e.non_firm_w && t('register.nonfirm', { power: kilowatts(e.non_firm_w) }),
    e.voltage_kv && `${decimal(e.voltage_kv, e.voltage_kv % 1 ? 1 : 0)}\u00a0${t('capacity.kV')}`,
    e.category && t('register.category', { n: 'I'.repeat(e.category) }),
    ...(e.stages ?? []).map((s) => t('register.stage', { power: kilowatts(s.power_w), date: day(s.due) })),
  ].filter(Boolean);
  return (
    <tr data-condition={e.condition} data-resident={e.resident}>
      <th scope="row">
        {e.name} <span class="muted">{e.condition}</span>
      </th>
      <td class="muted">{node}</td>
      <td class="right num strong">{e.flow_l ? `${decimal(e.flow_l / 1000, 0)}\u00a0${t(e.flow_per === 'day' ? 'register.flow.day' : 'register.flow.hour')}` : kilowatts(e.firm_w)}</td>
      <td class="wrap">{[e.medium !== 'electricity' && named('register.medium.', e.medium), ...more].filter(Boolean).join(' · ')}</td>
      <td class="num">
        {day(e.from)}
        {e.to && ` – ${lastDay(e.to)}`}
      </td>
      <td class="wrap">
        {e.document} {e.legal_basis && <span class="muted">· {e.legal_basis}</span>}
      </td>
      <td class="muted">{[e.author, e.approver].filter(Boolean).join(' + ') || t('postings.opening')}</td>
    </tr>
  );
}
