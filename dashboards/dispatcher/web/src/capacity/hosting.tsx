import { useEffect, useRef, useState } from 'preact/hooks';
import { decimal, named, plural, t } from '../i18n';
import { reworded } from '../said';
import { choose, follow, route } from '../route';
import { Apply } from './apply';
import { mayAct, query, reasons, useAnswer } from './data';
import { Facts, Picked, Reasons } from './parts';
import { Promised } from './promised';
import { streamed } from './stream';
import type { HostingView, PoolView } from './types';
import { day, kilowatts, lastDay, megawattHours, megawatts, monthOfYear, share, short } from './words';

const profiles = ['one-shift', 'two-shifts', 'continuous', 'offices', 'nights', 'flat'];

/** Hosting asks whether a newcomer can connect. What is asked stands in the address, so that an answer can be found again. */
export function Hosting() {
  const { chosen } = route.value;
  const nodes = useAnswer<PoolView>(query('pool')).value.data?.nodes ?? [];
  const [form, setForm] = useState({ node: chosen.at ?? '', mw: chosen.mw ?? '', profile: chosen.profile ?? 'two-shifts', mwh: chosen.mwh ?? '', flexible: chosen.flexible ?? '0' });
  const [answer, setAnswer] = useState<{ view?: HostingView; part?: number; trouble: string[] }>({ trouble: [] });
  const running = useRef<AbortController | null>(null);
  const change = (part: Partial<typeof form>) => setForm({ ...form, ...part });
  useEffect(() => {
    if (chosen.at && chosen.mw) void ask();
    return () => running.current?.abort();
  }, []);

  async function ask() {
    running.current?.abort();
    const stop = (running.current = new AbortController());
    choose({ at: form.node, mw: form.mw, profile: form.profile, mwh: form.mwh, flexible: form.flexible === '0' ? undefined : form.flexible }, true);
    setAnswer({ part: 0, trouble: [] });
    const number = (text: string) => text.replace(',', '.').replace(/\s/g, '');
    try {
      const path = query('hosting', { node: form.node, mw: number(form.mw), profile: form.profile, annual_mwh: number(form.mwh), flexible: form.flexible === '0' ? undefined : String(Number(form.flexible) / 100) });
      const view = await streamed<HostingView>(path, (part) => setAnswer({ part, trouble: [] }), stop.signal);
      setAnswer({ view, trouble: [] });
    } catch (e) {
      if (!stop.signal.aborted) setAnswer({ trouble: reasons(e) });
    }
  }

  return (
    <>
      <section class="panel" id="hosting" aria-labelledby="hosting-title">
        <div class="head">
          <h2 id="hosting-title">{t('hosting.title')}</h2>
          <span class="muted">{t('hosting.note')}</span>
        </div>
        <form class="bar-of-choice" id="hosting-form" onSubmit={(e) => (e.preventDefault(), void ask())}>
          <Picked id="hosting-node" label={t('column.node')} value={form.node} empty="—" options={nodes.map((n) => [n.node, '\u2003'.repeat(n.depth) + (n.name || n.node)])} onChoose={(node) => change({ node })} />
          <label class="select">
            <span>{`${t('hosting.power')}, ${t('unit.MW')}`}</span>
            <input id="hosting-mw" required inputMode="decimal" pattern="[0-9]+([.,][0-9]+)?" size={6} value={form.mw} onInput={(e) => change({ mw: e.currentTarget.value })} />
          </label>
          <Picked id="hosting-profile" label={t('hosting.profile')} value={form.profile} options={profiles.map((p) => [p, t('profile.of.' + p)])} onChoose={(profile) => change({ profile })} />
          <label class="select">
            <span>{`${t('hosting.annual')}, ${t('capacity.MWh')}`}</span>
            <input id="hosting-mwh" inputMode="decimal" pattern="[0-9 ]*([.,][0-9]+)?" size={8} placeholder={t('hosting.annual.hint')} value={form.mwh} onInput={(e) => change({ mwh: e.currentTarget.value })} />
          </label>
          <label class="select">
            <span>{t('hosting.flexible')}</span>
            <span class="net-scale">
              <input type="range" id="hosting-flexible" min="0" max="100" step="5" value={form.flexible} onInput={(e) => change({ flexible: e.currentTarget.value })} />
              <output class="num">{form.flexible} %</output>
            </span>
          </label>
          <button type="submit" class="button strong" id="hosting-ask" disabled={!form.node || !form.mw || answer.part !== undefined}>{t('hosting.ask')}</button>
        </form>
        {answer.part !== undefined && (
          <p class="cap-progress">
            <progress id="hosting-progress" max="1" value={answer.part} aria-label={t('hosting.asking')} /> <span class="num">{share(answer.part)}</span> <span class="muted">{t('hosting.asking')}</span>
          </p>
        )}
        <Reasons list={answer.trouble} id="hosting-trouble" />
      </section>
      {answer.view && <Said v={answer.view} name={nodes.find((n) => n.node === answer.view!.node)?.name || answer.view.node} />}
    </>
  );
}

const signs: Record<string, string> = { firm: '✓', 'firm-flexible': '✓', 'non-firm': '◐', later: '◷', no: '✕' };

/** Said is the answer: what it comes to in words, then why, then what would help. */
function Said({ v, name }: { v: HostingView; name: string }) {
  const c = v.curtailed;
  return (
    <>
      <section class="panel" id="answer" data-verdict={v.verdict} aria-labelledby="answer-title">
        <div class="head">
          <h2 id="answer-title">{t('hosting.answer', { power: megawatts(v.power_w), node: name, profile: named('profile.of.', v.profile) })}</h2>
          <span class="muted num">{t('hosting.valid', { date: lastDay(v.valid_until) })}</span>
        </div>
        <p class="cap-said" role="status">
          <b>
            <span aria-hidden="true">{signs[v.verdict] ?? '?'}</span> {t('verdict.' + v.verdict)}
          </b>{' '}
          {verdictText(v)}
        </p>
        <Facts
          list={[
            [t('hosting.firm'), v.unlimited ? t('pool.unlimited') : megawatts(v.firm_now_w), 'firm'],
            [t('hosting.nonfirm'), v.non_firm_up_to_w === undefined ? undefined : megawatts(v.non_firm_up_to_w), 'nonfirm'],
            [t('hosting.pool'), megawatts(v.pool_usable_w), 'pool'],
            [t('hosting.binds'), v.binding && `${v.binding.name || v.binding.node}: ${t('rule.binds.' + v.binding.rule)}`, 'binds'],
          ]}
        />
        {v.binding && <p class="muted cap-why">{reworded(v.binding.why)}</p>}
        {c && (
          <p class="cap-why" id="curtailed">
            {t(c.allowed ? 'hosting.curtailed' : 'hosting.curtailed.much', { hours: decimal(c.hours, c.hours < 10 ? 1 : 0), energy: megawattHours(c.energy_wh), p95: megawattHours(c.energy_p95_wh), share: share(c.share) })}{' '}
            {!!c.worst_month && t('hosting.worst', { month: monthOfYear(c.worst_month) })}
          </p>
        )}
        {!v.sufficient && <p class="cap-why cap-fault">▲ {t('hosting.insufficient')}</p>}
        {v.scheme && <p class="cap-why">▲ {t('hosting.scheme')}</p>}
        <p class="muted cap-why">
          {t('hosting.digest')} <code title={v.digest}>{short(v.digest)}…</code>
        </p>
        {v.notes.length > 0 && (
          <details class="cap-why">
            <summary>{plural('hosting.notes', v.notes.length)}</summary>
            <ul class="muted">{v.notes.map((n) => <li key={n}>{reworded(n)}</li>)}</ul>
          </details>
        )}
        {mayAct() && <Apply key={v.digest} v={v} />}
      </section>
      <Promised v={v} />
      <Unlock v={v} />
      <Risks v={v} />
    </>
  );
}

/** verdictText says the same with its figures. */
function verdictText(v: HostingView): string {
  const soon = v.firm_from.map((f) => f.from).filter((x) => x !== undefined).sort()[0];
  return t('verdicttext.' + v.verdict, { power: megawatts(v.power_w), firm: megawatts(v.firm_now_w), rest: megawatts(Math.max(0, v.power_w - v.firm_now_w)), flexible: share(v.flexible), date: soon ? day(soon) : t('hosting.never') });
}

/** Unlock is what would make it firm: another limit, or rights that are not used. */
function Unlock({ v }: { v: HostingView }) {
  return (
    <section class="panel" id="unlock" aria-labelledby="unlock-title">
      <div class="head">
        <h2 id="unlock-title">{t('unlock.title')}</h2>
      </div>
      {!v.unlock.length && <p class="muted empty">{t('unlock.none')}</p>}
      <ul class="cap-list">
        {v.unlock.map((u) => (
          <li key={u.node + u.rule}>
            <b>{u.name || u.node}</b> <span class="muted">{t('rule.binds.' + u.rule)}</span>
            {!!u.limit_w && <p>{t('unlock.limit', { power: megawatts(u.limit_w) })}</p>}
            {u.candidates.length > 0 && (
              <>
                <p>{t(u.enough ? 'unlock.return' : 'unlock.return.short')}</p>
                <ul class="cap-candidates">
                  {u.candidates.map((c) => (
                    <li key={c.resident + c.node}>
                      <a {...follow('capacity', { resident: c.resident, node: c.node })}>{c.name}</a> <span class="num">{kilowatts(c.power_w)}</span>
                    </li>
                  ))}
                </ul>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Risks are those of the path, without and with the newcomer: a probability, hours and energy. The ratio is a label. */
function Risks({ v }: { v: HostingView }) {
  if (!v.risks.length) return null;
  return (
    <section class="panel" id="risks" aria-labelledby="risks-title">
      <div class="head">
        <h2 id="risks-title">{t('risks.title')}</h2>
        <span class="muted">{t('risks.note')}</span>
      </div>
      <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby="risks-title">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('column.node')}</th>
              {(['limit', 'rights', 'ratio', 'before', 'with', 'hours', 'energy'] as const).map((c) => <th scope="col" class="right" key={c}>{t('risks.' + c)}</th>)}
            </tr>
          </thead>
          <tbody>
            {v.risks.map((r) => (
              <tr key={r.node}>
                <th scope="row">{r.name || r.node}</th>
                <td class="right num">{megawatts(r.limit_w)}</td>
                <td class="right num">{megawatts(r.firm_w)}</td>
                <td class="right num muted">{decimal(r.ratio, 2)}</td>
                <td class="right num">{share(r.year_before)}</td>
                <td class="right num strong">{share(r.year_with)}</td>
                <td class="right num">{decimal(r.hours_with, 1)}</td>
                <td class="right num">{megawattHours(r.energy_with_wh)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
