import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { decimal, named, t } from '../i18n';
import { reworded } from '../said';
import { follow, go } from '../route';
import { act, done, mayAct, query, reasons, useAnswer } from './data';
import { Duration, Maxima, Months } from './charts';
import { ClassSign, Facts, Field, Reasons, State } from './parts';
import type { UseView } from './types';
import { day, kilowatts, kw, monthLong, share, written } from './words';

/** Use is what one finding rests on, and where it is taken up. */
export function Use({ resident, node, asOf }: { resident: string; node: string; asOf?: string }) {
  const answer = useAnswer<UseView>(query(`conditions/${encodeURIComponent(resident)}/${encodeURIComponent(node)}`, { as_of: asOf })).value;
  const u = answer.data;
  return (
    <>
      <section class="panel cap-use" id="use" aria-labelledby="use-title">
        <div class="head">
          <a {...follow('capacity', { as_of: asOf })} class="button">← {t('use.back')}</a>
          <h2 id="use-title">
            {u ? `${u.name} · ${u.node_name}` : t('use.title')} {u && <ClassSign of={u.class} />}
          </h2>
        </div>
        <State answer={answer} />
        {u && <Verdict u={u} />}
      </section>
      {u && (
        <div class="cap-pair">
          <Picture id="curve" title={t('use.curve')} note={t('use.curve.note')}>
            <Duration u={u} />
          </Picture>
          <Picture id="maxima" title={t('use.days')} note={t('use.days.note')}>
            <Maxima u={u} />
          </Picture>
          <Arithmetic u={u} />
          <Known u={u} />
        </div>
      )}
      {u && <Numbers u={u} />}
    </>
  );
}

function Picture({ id, title, note, children }: { id: string; title: string; note: string; children: preact.ComponentChildren }) {
  return (
    <section class="panel" id={id} aria-labelledby={id + '-title'}>
      <div class="head">
        <h2 id={id + '-title'}>
          {title} <span class="unit">{t('unit.kW')}</span>
        </h2>
        <span class="muted">{note}</span>
      </div>
      {children}
    </section>
  );
}

function Verdict({ u }: { u: UseView }) {
  return (
    <div class="cap-verdict">
      <Facts
        list={[
          [t('column.tu'), kilowatts(u.tu_w), 'tu'],
          [t('column.need'), kilowatts(u.need_w), 'need'],
          [t('column.utilisation'), share(u.utilisation), 'utilisation'],
          [t('column.retain'), kilowatts(u.retain_w), 'retain'],
          [t('column.reclaim'), kilowatts(u.reclaim_w), 'reclaim'],
          [t('column.coverage'), share(u.coverage), 'coverage'],
          [t('use.enough'), u.enough_from && day(u.enough_from), 'enough'],
        ]}
      />
      <p class="cap-why">
        {t(`classrule.${u.class}`)} <span class="muted">{reworded(u.reason)}</span>
      </p>
      {u.notes?.map((n) => <p key={n} class="muted cap-why">{reworded(n)}</p>)}
      <p class="cap-why">
        <span class="muted">{t('use.evidence')}</span> <code id="evidence">{u.evidence_sha256}</code>
      </p>
      <Take u={u} />
    </div>
  );
}

const returnable = ['IDLE', 'UNDERUSED', 'OVERRESERVED'];
const taking = signal(false);

/** Take opens a case on the finding: one person is enough, and it binds nobody yet. */
function Take({ u }: { u: UseView }) {
  const [document, setDocument] = useState('');
  const [trouble, setTrouble] = useState<string[]>([]);
  if (u.case) {
    return (
      <p class="cap-why">
        {t('use.case')} <a {...follow('capacity', { tab: 'cases', case: u.case })}>{u.case}</a>
      </p>
    );
  }
  if (!returnable.includes(u.class) || !u.reclaim_w) return <p class="muted cap-why">{t('use.nothing')}</p>;
  if (!mayAct()) return null;
  async function take(e: Event) {
    e.preventDefault();
    taking.value = true;
    setTrouble([]);
    try {
      const said = await act({ kind: 'case.open', document, evidence: u.evidence_sha256 });
      go('capacity', { tab: 'cases', case: said.case });
    } catch (e) {
      setTrouble(reasons(e));
      done.value++; // what was found may be another by now
    } finally {
      taking.value = false;
    }
  }
  return (
    <form class="cap-form inline" id="take" onSubmit={(e) => void take(e)}>
      <Field label={t('field.document')}>
        <input id="take-document" required maxLength={300} value={document} placeholder={t('field.document.hint')} onInput={(e) => setDocument(e.currentTarget.value)} />
      </Field>
      <button type="submit" class="button strong" disabled={taking.value}>{t('use.take', { power: kilowatts(u.reclaim_w) })}</button>
      <Reasons list={trouble} />
    </form>
  );
}

/** Arithmetic is every step from the need to what is returned. */
function Arithmetic({ u }: { u: UseView }) {
  return (
    <section class="panel" id="arithmetic" aria-labelledby="arithmetic-title">
      <div class="head">
        <h2 id="arithmetic-title">{t('use.arithmetic')}</h2>
      </div>
      {!u.arithmetic.length && <p class="muted empty">{t('use.noarithmetic')}</p>}
      <table class="cap-steps">
        <tbody>
          {u.arithmetic.map((s) => (
            <tr key={s.name} data-step={s.name}>
              <th scope="row">{named('arithmetic.', s.name)}</th>
              <td class="right num strong">{kw(s.w)}</td>
              <td class="muted">{reworded(s.how)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Known says which part of the year counts, and why the rest does not. */
function Known({ u }: { u: UseView }) {
  const parts: [string, number][] = [['coverage', u.coverage], ['imputed', u.imputed], ['curtailed', u.curtailed], ['outage', u.outage], ['missing', u.missing]];
  return (
    <section class="panel" id="known" aria-labelledby="known-title">
      <div class="head">
        <h2 id="known-title">{t('use.known')}</h2>
      </div>
      <div class="cap-parts" role="img" aria-label={parts.map(([k, v]) => `${t('part.' + k)} ${share(v)}`).join(', ')}>
        {parts.map(([k, v]) => v > 0 && <i key={k} class={k} style={`width:${(100 * v).toFixed(2)}%`} />)}
      </div>
      <ul class="cap-keys">
        {parts.map(([k, v]) => (
          <li key={k} data-part={k}>
            <i class={k} aria-hidden="true" /> {t('part.' + k)} <b class="num">{share(v)}</b>
          </li>
        ))}
      </ul>
      <Months u={u} />
    </section>
  );
}

/** Numbers are the pictures as tables, for who cannot see them, and the figures beside. */
function Numbers({ u }: { u: UseView }) {
  return (
    <details class="panel cap-details" id="numbers">
      <summary>{t('use.numbers')}</summary>
      <Facts list={u.figures.map((f) => [named('figure.use.', f.name), figure(f.name, f.value)])} />
      <div class="cap-pair">
        <table class="cap-steps">
          <caption>{t('use.months')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('use.month.name')}</th>
              <th scope="col" class="right">{t('column.coverage')}</th>
              <th scope="col" class="right">{t('use.month.max')}</th>
              <th scope="col" class="right">{t('use.month.energy')}</th>
            </tr>
          </thead>
          <tbody>
            {u.months.map((m) => (
              <tr key={m.month}>
                <th scope="row">{monthLong(m.month)}</th>
                <td class="right num">{share(m.coverage)}</td>
                <td class="right num">{kw(m.max_w)}</td>
                <td class="right num">{decimal(m.energy_wh / 1e6, 1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <table class="cap-steps">
          <caption>{t('use.highest')}</caption>
          <tbody>
            {[...u.days].filter((d) => d.w !== undefined).sort((a, b) => b.w! - a.w!).slice(0, 12).map((d, n) => (
              <tr key={d.day} class={n === 9 ? 'tenth' : ''}>
                <th scope="row" class="num">{n + 1}</th>
                <td class="num">{written(d.day)}</td>
                <td class="right num">{kw(d.w)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** figure writes a figure by the unit in its name. */
function figure(name: string, value: number): string {
  if (name.endsWith('_w')) return kilowatts(Math.round(value));
  if (name.endsWith('_wh')) return `${decimal(value / 1e6, 1)}\u00a0${t('capacity.MWh')}`;
  if (name.endsWith('_h') || name.endsWith('hours')) return `${decimal(value, 0)}\u00a0${t('unit.h')}`;
  return decimal(value, 3);
}
