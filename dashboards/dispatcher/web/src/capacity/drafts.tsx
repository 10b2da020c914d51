import { useState } from 'preact/hooks';
import { plural, t } from '../i18n';
import { reworded } from '../said';
import { me } from '../me';
import { follow } from '../route';
import { drop, mayAct, query, reasons, sign, useAnswer } from './data';
import { Field, Reasons, State } from './parts';
import type { DraftView } from './types';
import { contents } from './action';
import { actionWord, moment, stepWord } from './words';

/** Drafts are actions that wait for their second signature: all, or those of a case; quiet where it says nothing if there are none. */
export function Drafts({ of, quiet = !!of }: { of?: string; quiet?: boolean }) {
  const answer = useAnswer<{ drafts: DraftView[] }>(query('drafts'), 10).value;
  const list = (answer.data?.drafts ?? []).filter((d) => !of || d.case === of);
  if (quiet && !list.length && !answer.failure) return null;
  return (
    <section class="panel" id="drafts" aria-labelledby="drafts-title">
      <div class="head">
        <h2 id="drafts-title">
          {t('drafts.title')} {list.length > 0 && <span class="count">{plural('drafts.count', list.length)}</span>}
        </h2>
        <span class="muted">{answer.data && !list.length && `${t('drafts.none')}; `}{t('drafts.rule')}</span>
      </div>
      <State answer={answer} />
            <ul class="cap-list">{list.map((d) => <Item key={d.id} d={d} />)}</ul>
    </section>
  );
}

function Item({ d }: { d: DraftView }) {
  const [trouble, setTrouble] = useState<string[]>([]);
  const [why, setWhy] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const own = d.author === me.value.name;
  async function settle(how: () => Promise<unknown>) {
    setBusy(true);
    setTrouble([]);
    try {
      await how();
    } catch (e) {
      setTrouble(reasons(e));
    }
    setBusy(false);
  }
  const title = d.step ? stepWord(d.step) : actionWord(d.kind);
  return (
    <li class="cap-draft" data-draft={d.id} data-kind={d.step ?? d.kind}>
      <div class="cap-draft-what">
        <b>{title}</b> {d.case && <a {...follow('capacity', { tab: 'cases', case: d.case })}>{d.case}</a>}
        <p>
          {d.document}
          {d.legal_basis && <span class="muted"> · {d.legal_basis}</span>}
        </p>
        <p class="muted">
          {t('drafts.by', { author: d.author, time: moment(d.at) })} {contents(d.action)}
        </p>
        {d.fault && <p class="cap-fault">▲ {reworded(d.fault)}</p>}
        <Reasons list={trouble} />
      </div>
      {mayAct() && (
        <div class="buttons">
          {own ? <span class="muted">{t('drafts.own')}</span> : <button type="button" class="button strong" data-do="sign" disabled={busy || !!d.fault} title={reworded(d.fault)} onClick={() => void settle(() => sign(d.id))}>{t('drafts.sign')}</button>}
          <button type="button" class="button" data-do="drop" aria-expanded={why !== null} onClick={() => setWhy(why === null ? '' : null)}>{t('drafts.drop')}</button>
        </div>
      )}
      {why !== null && (
        <form class="cap-form inline" onSubmit={(e) => (e.preventDefault(), void settle(() => drop(d.id, why)))}>
          <Field label={t('drafts.why')}>
            <input data-why required maxLength={300} value={why} onInput={(e) => setWhy(e.currentTarget.value)} />
          </Field>
          <button type="submit" class="button" disabled={busy}>{t('drafts.drop')}</button>
        </form>
      )}
    </li>
  );
}
