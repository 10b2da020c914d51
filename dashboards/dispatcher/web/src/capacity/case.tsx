import { named, t } from '../i18n';
import { reworded } from '../said';
import { follow } from '../route';
import { Clock, Lacks } from './clock';
import { mayAct, query, useAnswer } from './data';
import { Drafts } from './drafts';
import { Facts, Languages, State } from './parts';
import { Steps } from './steps';
import type { CaseView } from './types';
import { day, kilowatts, lastDay, moment, short, stageWord, stepWord } from './words';

/** Case is one case: where it stands, what was done, what can be done, its papers. */
export function Case({ id }: { id: string }) {
  const answer = useAnswer<CaseView>(query('cases/' + encodeURIComponent(id)), 10).value;
  const c = answer.data;
  return (
    <>
      <section class="panel cap-case" id="case" aria-labelledby="case-title" data-stage={c?.stage}>
        <div class="head">
          <a {...follow('capacity', { tab: 'cases' })} class="button">← {t('case.back')}</a>
          <h2 id="case-title">
            {id} {c && `· ${c.name} · ${c.node_name}`}
          </h2>
          {c && <a {...follow('capacity', { resident: c.resident, node: c.node })}>{t('case.use')}</a>}
        </div>
        <State answer={answer} />
        {c && <Ladder c={c} />}
        {c && <Standing c={c} />}
      </section>
      <Drafts of={id} />
      {c && (
        <div class="cap-pair">
          {mayAct() ? <Steps c={c} /> : <Possible c={c} />}
          <div class="cap-column">
            <Papers c={c} />
            <Taken c={c} />
          </div>
        </div>
      )}
    </>
  );
}

const ladder = ['FINDING', 'NOTICE', 'WARNING', 'SANCTION', 'RETURN', 'RETURNED'];

/** Ladder shows how far the case has come. */
function Ladder({ c }: { c: CaseView }) {
  const at = ladder.indexOf(c.stage);
  // A resident who returns by itself has passed by the stages between.
  const passed = (s: string) => ['FINDING', 'RETURN', 'RETURNED'].includes(s) || (c.events ?? []).some((e) => e.kind === s.toLowerCase());
  return (
    <ol class="cap-ladder">
      {ladder.map((s, n) => (
        <li key={s} aria-current={n === at ? 'step' : undefined} class={n >= at ? '' : passed(s) ? 'past' : 'skipped'}>
          <span class="muted">{n + 1}</span> {stageWord(s)}
        </li>
      ))}
      {c.stage === 'CLOSED' && <li aria-current="step">{stageWord('CLOSED')}</li>}
    </ol>
  );
}

function Standing({ c }: { c: CaseView }) {
  const remains = c.allowed_w - c.volume_w;
  const returning = c.stage === 'RETURN' || c.stage === 'RETURNED';
  return (
    <div class="cap-verdict">
      <Facts
        list={[
          [t('case.volume'), kilowatts(c.volume_w), 'volume'],
          [t('case.allowed'), kilowatts(c.allowed_w), 'allowed'],
          [t('case.remains'), kilowatts(remains), 'remains'],
          [t('case.since'), moment(c.since), 'since'],
          [t('case.deadline'), c.deadline && lastDay(c.deadline), 'deadline'],
          [t('case.clock'), returning ? undefined : <Clock c={c} />, 'clock'],
          [t('case.balancer'), c.balancer_w === undefined ? t('case.balancer.silent') : kilowatts(c.balancer_w), 'balancer'],
          [t('use.evidence'), c.evidence_sha256 && <code title={c.evidence_sha256}>{short(c.evidence_sha256)}…</code>, 'evidence'],
        ]}
      />
      {returning && (
        <p class="cap-why">
          <Lacks c={c} />{' '}
          <span class="muted">
            {c.balancer_w === undefined ? t('lacks.unknown') : c.balancer_w === remains ? t('lacks.agrees', { power: kilowatts(c.balancer_w) }) : t('lacks.differs', { power: kilowatts(c.balancer_w), remains: kilowatts(remains) })}
          </span>
        </p>
      )}
      {c.voluntary && <p class="cap-why">{t('case.voluntary')}</p>}
      {c.why && <p class="cap-why">{reworded(c.why)}</p>}
      {c.plan && c.plan.length > 0 && (
        <ol class="cap-plan" aria-label={t('case.plan')}>
          {c.plan.map((m, n) => (
            <li key={n} data-status={m.status}>
              <span aria-hidden="true">{m.status === 'met' ? '✓' : m.status === 'missed' ? '✗' : '○'}</span> {m.what} <span class="muted num">{m.due ? `${t('case.due', { date: lastDay(m.due) })} · ` : c.paused?.length ? `${t('clock.still')} · ` : ''}{t('milestone.' + m.status)}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

/** Possible lists the steps to who may only read. */
function Possible({ c }: { c: CaseView }) {
  return (
    <section class="panel" id="steps" aria-labelledby="steps-title">
      <div class="head">
        <h2 id="steps-title">{t('steps.possible')}</h2>
      </div>
      <ul class="cap-list">{c.possible.map((k) => <li key={k}>{stepWord(k)}</li>)}</ul>
    </section>
  );
}

/** Papers are what can be printed, in the languages of the office and in English. */
function Papers({ c }: { c: CaseView }) {
  const list = c.papers ?? [];
  return (
    <section class="panel" id="papers" aria-labelledby="papers-title">
      <div class="head">
        <h2 id="papers-title">{t('papers.title')}</h2>
      </div>
      {!list.length && <p class="muted empty">{t('papers.none')}</p>}
      <ul class="cap-list">
        {list.map((p) => (
          <li key={p} data-paper={p}>
            <b>{named('paper.of.', p)}</b>{' '}
            {p === 'evidence' ? (
              <a href={query(`cases/${encodeURIComponent(c.id)}/papers/evidence`, { format: 'txt' })} target="_blank" rel="noopener">{t('paper.text')}</a>
            ) : (
              <Languages of={p} href={(format, lang) => query(`cases/${encodeURIComponent(c.id)}/papers/${p}`, { format, lang })} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Taken is what was done, the youngest first. */
function Taken({ c }: { c: CaseView }) {
  const events = [...(c.events ?? [])].reverse();
  return (
    <section class="panel" id="events" aria-labelledby="events-title">
      <div class="head">
        <h2 id="events-title">{t('events.title')}</h2>
      </div>
      <ol class="cap-list" reversed>
        {events.map((e, n) => (
          <li key={events.length - n} data-kind={e.kind}>
            <b>{named('event.', e.kind)}</b> <span class="num">{moment(e.at)}</span>
            <p>
              {e.document}
              {e.legal_basis && <span class="muted"> · {e.legal_basis}</span>}
            </p>
            <p class="muted">
              {e.approver ? t('events.two', { author: e.by, approver: e.approver }) : t('events.alone', { author: e.by })}
              {!!e.volume_w && ` · ${kilowatts(e.volume_w)}`}
            </p>
          </li>
        ))}
      </ol>
      {!events.length && <p class="muted empty">{t('events.none', { date: day(c.since) })}</p>}
    </section>
  );
}
