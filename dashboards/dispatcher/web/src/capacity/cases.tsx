import { plural, t } from '../i18n';
import { me } from '../me';
import { follow } from '../route';
import { Case } from './case';
import { mayRead, query, useAnswer } from './data';
import { Drafts } from './drafts';
import { State } from './parts';
import type { CaseView, Stage } from './types';
import { kilowatts, mw, remaining, stageWord } from './words';

const ladder: Stage[] = ['FINDING', 'NOTICE', 'WARNING', 'SANCTION', 'RETURN'];

/** Cases is the board of all cases, or one of them; they are open to those who carry them. */
export function Cases({ id }: { id?: string }) {
  if (!mayRead()) {
    return <p class="panel muted empty" id="cases-shut">{t(me.value.name ? 'cases.shut' : 'cases.anonymous')}</p>;
  }
  if (id) return <Case id={id} />;
  return (
    <>
      <Drafts />
      <Board />
    </>
  );
}

function Board() {
  const answer = useAnswer<{ cases: CaseView[] }>(query('cases'), 20).value;
  const all = answer.data?.cases;
  const open = all?.filter((c) => ladder.includes(c.stage)) ?? [];
  const ended = all?.filter((c) => !ladder.includes(c.stage)) ?? [];
  return (
    <section class="panel" id="cases" aria-labelledby="cases-title" data-asking={answer.asking && !all}>
      <div class="head">
        <h2 id="cases-title">
          {t('cases.title')} {all && <span class="count">{plural('cases.count', open.length)}</span>}
        </h2>
        {open.length > 0 && <span class="muted num">{t('cases.sum', { mw: mw(open.reduce((n, c) => n + c.volume_w, 0)) })}</span>}
      </div>
      <State answer={answer} />
      {all && !all.length && <p class="muted empty">{t('cases.none')}</p>}
      {all && all.length > 0 && (
        <div class="cap-board">
          {ladder.map((s, n) => {
            const list = open.filter((c) => c.stage === s);
            return (
              <section key={s} data-stage={s} aria-label={stageWord(s)}>
                <h3>
                  <span class="muted">{n + 1}</span> {stageWord(s)} {list.length > 0 && <span class="count">{list.length}</span>}
                </h3>
                <ul>{list.map((c) => <Card key={c.id} c={c} />)}</ul>
                {!list.length && <p class="muted">{t('cases.stage.none')}</p>}
              </section>
            );
          })}
        </div>
      )}
      {ended.length > 0 && (
        <div class="cap-ended">
          <h3>{t('cases.ended')}</h3>
          <ul class="cap-board ended">{ended.map((c) => <Card key={c.id} c={c} />)}</ul>
        </div>
      )}
    </section>
  );
}

function Card({ c }: { c: CaseView }) {
  return (
    <li class="cap-card" data-case={c.id} data-stage={c.stage}>
      <a {...follow('capacity', { tab: 'cases', case: c.id })}>
        <b>{c.name}</b> <span class="muted">{c.node_name}</span>
      </a>
      <p class="num">{t('cases.volume', { volume: kilowatts(c.volume_w), allowed: kilowatts(c.allowed_w) })}</p>
      <Clock c={c} />
      <p class="muted">
        {c.id}
        {c.voluntary && ` · ${t('cases.voluntary')}`}
      </p>
    </li>
  );
}

/** Clock is how much time is left at the stage, or why clocks stand still. */
export function Clock({ c }: { c: CaseView }) {
  if (c.stage === 'RETURNED' || c.stage === 'CLOSED') return <p class="cap-clock">{c.stage === 'RETURNED' ? '✓' : '–'} {stageWord(c.stage)}</p>;
  if (c.paused?.length) return <p class="cap-clock paused">⏸{'\uFE0E'} {t('clock.paused', { why: c.paused.map((p) => t('cause.' + p)).join(', ') })}</p>;
  if (c.stage === 'RETURN') return <p class="cap-clock"><Lacks c={c} /></p>;
  if (!c.deadline) return <p class="cap-clock muted">{t('clock.none')}</p>;
  const left = remaining(c.deadline);
  return <p class={left.over ? 'cap-clock over' : 'cap-clock'}>{left.over ? '▲' : '◷'} {left.text}</p>;
}

const papers = ['register', 'contract', 'limit'];

/** Lacks is what a return has and what it still needs: only all three of them free power. */
export function Lacks({ c }: { c: CaseView }) {
  return (
    <span class="cap-lacks">
      {papers.map((p) => {
        const lacks = c.lacks?.includes(p) ?? false;
        return (
          <span key={p} data-paper={p} data-lacks={String(lacks)}>
            <span aria-hidden="true">{lacks ? '✗' : '✓'}</span>
            <span class="sr">{t(lacks ? 'lacks.no' : 'lacks.yes')}</span> {t('lacks.' + p)}
          </span>
        );
      })}
    </span>
  );
}
