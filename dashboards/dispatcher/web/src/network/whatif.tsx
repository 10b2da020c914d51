import { useEffect, useRef, useState } from 'preact/hooks';
import { clockTime } from '../format';
import { decimal, t } from '../i18n';
import { sourceNames } from '../ready';
import { network, zone } from '../store';
import type { NetworkState } from '../types';
import type { Plan } from './plan';
import { Diagram } from './diagram';
import { kv, mw, pct } from './seen';
import { Tables } from './tables';
import { outName, scenarioName, violationText } from './words';

interface Question {
  scenario: string;
  out: string[];
  /** percent of the load of now */
  load: number;
  ambient: string;
  emergency: boolean;
}

const asNow: Question = { scenario: '', out: [], load: 100, ambient: '', emergency: false };

/**
 * WhatIf is a supposition in a frame of its own. Nothing of it is kept: neither in the
 * address nor in the browser, so that nobody finds it later and takes it for now.
 */
export function WhatIf({ plan, onClose }: { plan: Plan; onClose: () => void }) {
  const [q, setQ] = useState(asNow);
  const { state, at, failure, asking } = useAnswer(q);
  const change = (part: Partial<Question>) => setQ((before) => ({ ...before, ...part }));
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <section class="net-pane net-whatif" id="net-supposed" aria-labelledby="net-supposed-title" data-asking={String(asking)}>
      <div class="panel">
        <div class="head">
          <h2 id="net-supposed-title" tabIndex={-1} ref={title}>
            <strong class="word">{t('whatif.word')}</strong> {t('whatif.title')}
          </h2>
          {at > 0 && <span class="muted num">{t('whatif.at', { time: clockTime(at, zone.value) })}</span>}
          <button type="button" class="button" id="net-whatif-reset" onClick={() => setQ(asNow)}>{t('whatif.reset')}</button>
          <button type="button" class="button" id="net-whatif-close" onClick={onClose}>{t('whatif.close')}</button>
        </div>
        <Form plan={plan} q={q} change={change} />
        {failure && <p class="failed empty" role="alert">{t('books.failed', { reason: failure })}</p>}
        {state && (
          <>
            {state.problem && <p class="net-broken over" role="alert">▲ {t('diagram.problem', { reason: state.problem })}</p>}
            <Compared state={state} />
            {state.violations.length > 0 && <ul class="net-broken">{state.violations.map((v) => <li key={v.element + v.kind}>▲ {violationText(v)}</li>)}</ul>}
            <Diagram plan={plan} state={state} supposed />
            <Tables plan={plan} state={state} />
          </>
        )}
      </div>
    </section>
  );
}

function Form({ plan, q, change }: { plan: Plan; q: Question; change: (part: Partial<Question>) => void }) {
  const towers = [...new Set(plan.lines.map((l) => l.towers).filter((x) => x !== undefined && x !== ''))] as string[];
  const elements = [...plan.lines.map((l) => l.id), ...towers, ...plan.transformers.map((x) => x.node)];
  const out = (id: string, on: boolean) => change({ out: on ? [...q.out, id] : q.out.filter((x) => x !== id) });
  return (
    <form class="net-form" onSubmit={(e) => e.preventDefault()}>
      <label class="select">
        <span>{t('whatif.scenario')}</span>
        <select id="net-scenario" value={q.scenario} onChange={(e) => change({ scenario: e.currentTarget.value })}>
          <option value="">{t('whatif.asnow')}</option>
          {plan.scenarios.map((s) => <option key={s.id} value={s.id}>{scenarioName(s.id)}</option>)}
        </select>
      </label>
      <label class="select">
        <span>{t('whatif.load', { load: mw(((network.value?.load_mw ?? 0) * q.load) / 100) })}</span>
        <span class="net-scale">
          <input type="range" id="net-load" min="20" max="400" step="5" value={q.load} onInput={(e) => change({ load: Number(e.currentTarget.value) })} />
          <output class="num">{decimal(q.load, 0)} %</output>
        </span>
      </label>
      <label class="select">
        <span>{t('whatif.ambient')}</span>
        <input type="number" id="net-ambient" min="-60" max="60" step="1" value={q.ambient} placeholder={t('whatif.asnow')} onInput={(e) => change({ ambient: e.currentTarget.value })} />
      </label>
      <label class="check"><input type="checkbox" id="net-emergency" checked={q.emergency} onChange={(e) => change({ emergency: e.currentTarget.checked })} /> {t('whatif.emergency')}</label>
      <fieldset>
        <legend>{t('whatif.out')}</legend>
        {elements.map((id) => (
          <label key={id} class="check"><input type="checkbox" data-out={id} checked={q.out.includes(id)} onChange={(e) => out(id, e.currentTarget.checked)} /> {outName(id)}</label>
        ))}
      </fieldset>
    </form>
  );
}

/** Compared puts the figures that decide beside those of now. */
function Compared({ state }: { state: NetworkState }) {
  const now = network.value;
  const feeding = (s: NetworkState) => sourceNames(s.sources.filter((x) => x.feeding).map((x) => x.source)) || t('diagram.nobody');
  const worst = (list: { live: boolean; loading_pct: number }[]) => Math.max(0, ...list.filter((x) => x.live).map((x) => x.loading_pct));
  const lowest = (s: NetworkState) => s.buses.filter((b) => b.live && b.load_mw > 0).reduce<number | undefined>((low, b) => (low === undefined || b.kv < low ? b.kv : low), undefined);
  const rows: [string, (s: NetworkState) => string][] = [
    ['feeding', feeding], ['load', (s) => mw(s.load_mw)], ['loss', (s) => mw(s.loss_mw)], ['unserved', (s) => mw(s.unserved_mw)],
    ['line', (s) => pct(worst(s.lines))], ['transformer', (s) => pct(worst(s.transformers))], ['lowest', (s) => kv(lowest(s))],
  ];
  return (
    <table class="net-compared">
      <thead>
        <tr>
          <th scope="col">{t('whatif.figure')}</th>
          <th scope="col" class="right">{t('diagram.now')}</th>
          <th scope="col" class="right">{t('whatif.word')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, of]) => (
          <tr key={name} data-sum={name}>
            <th scope="row">{t('sum.' + name)}</th>
            <td class="right num now">{now ? of(now) : '—'}</td>
            <td class="right num then">{state.problem ? '?' : of(state)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface Answer {
  state: NetworkState | null;
  at: number;
  failure: string;
  asking: boolean;
}

/** useAnswer asks a moment after the last change, and drops answers to questions that nobody asks any more. */
function useAnswer(q: Question): Answer {
  const [answer, setAnswer] = useState<Answer>({ state: null, at: 0, failure: '', asking: true });
  useEffect(() => {
    const cancel = new AbortController();
    setAnswer((a) => ({ ...a, asking: true }));
    const timer = window.setTimeout(() => {
      ask(q, cancel.signal).then(
        (state) => setAnswer({ state, at: Date.parse(state.at), failure: '', asking: false }),
        (e) => cancel.signal.aborted || setAnswer({ state: null, at: 0, failure: e instanceof Error ? e.message : String(e), asking: false }),
      );
    }, 250);
    return () => {
      window.clearTimeout(timer);
      cancel.abort();
    };
  }, [q]);
  return answer;
}

async function ask(q: Question, signal: AbortSignal): Promise<NetworkState> {
  const query = new URLSearchParams();
  if (q.scenario) query.set('scenario', q.scenario);
  if (q.out.length) query.set('out', q.out.join(','));
  if (q.load !== 100) query.set('scale', String(q.load / 100));
  if (q.ambient !== '' && !Number.isNaN(Number(q.ambient))) query.set('ambient', q.ambient);
  if (q.emergency) query.set('emergency', 'true');
  const answer = await fetch('/api/v1/network/whatif?' + query, { signal });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.errors?.[0]?.message ?? said.detail ?? String(answer.status));
  return said;
}
