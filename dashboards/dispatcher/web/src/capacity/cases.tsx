import { plural, t } from '../i18n';
import { me } from '../me';
import { follow } from '../route';
import { Case } from './case';
import { Clock } from './clock';
import { mayRead, query, useAnswer } from './data';
import { Drafts } from './drafts';
import { State } from './parts';
import type { CaseView, Stage } from './types';
import { kilowatts, mw, stageWord } from './words';

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
