import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { reworded } from '../said';
import { choose } from '../route';
import { useAnswer } from './data';
import { Trouble } from './pickers';
import type { Unit, Version } from './types';
import { amount, amountOf, flagWords, gradeWord, methodWord, moment, stretch } from './words';

const quarter = 15 * 60_000;

/** Versions tells what was said of one interval, when and on whose word. */
export function Versions({ points, channel, start, unit }: { points: string[]; channel: string; start: string; unit: Unit }) {
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const byKey = (e: KeyboardEvent) => e.key === 'Escape' && choose({ at: undefined }, true);
    document.addEventListener('keydown', byKey);
    return () => document.removeEventListener('keydown', byKey);
  }, []);
  return (
    <section class="panel versions" id="versions" aria-labelledby="versions-title">
      <div class="head">
        <h2 id="versions-title">
          {t('versions.title')} <span class="unit">{stretch(start, new Date(Date.parse(start) + quarter).toISOString())}</span>
        </h2>
        <button type="button" class="button" ref={close} onClick={() => choose({ at: undefined }, true)}>
          {t('versions.close')}
        </button>
      </div>
      {points.map((p) => (
        <OfPoint key={p} point={p} channel={channel} start={start} unit={unit} named={points.length > 1} />
      ))}
    </section>
  );
}

function OfPoint(p: { point: string; channel: string; start: string; unit: Unit; named: boolean }) {
  const path = `/api/v1/intervals/${encodeURIComponent(p.point)}/${encodeURIComponent(p.channel)}/${encodeURIComponent(p.start)}/history`;
  const answer = useAnswer<{ versions: Version[] }>(path).value;
  const list = answer.data?.versions ?? [];
  return (
    <>
      {p.named && <h3>{p.point}</h3>}
      {!answer.data && <Trouble failure={answer.failure} asking={answer.asking} />}
      <ol class="history">
        {[...list].reverse().map((v, i) => (
          <li key={v.version} class={i ? 'old' : 'current'} data-version={v.version}>
            <span class="num">
              {t('versions.short')} {v.version}
            </span>
            <span>
              <i class={`grade g-${v.grade}`}>{v.grade}</i> {gradeWord(v.grade)}
            </span>
            <b class="num">{amount(amountOf(v), p.unit)}</b>
            <span class="num muted">{v.recorded_at && moment(v.recorded_at)}</span>
            <span>
              {t('authority.' + v.authority)}
              {v.act && `: ${v.act.author}, ${v.act.reason}${v.act.document ? `, ${v.act.document}` : ''}`}
            </span>
            <span class="muted">{[methodWord(v.method), flagWords(v.flags), reworded(v.reason)].filter((x) => x && x !== '—').join(' · ')}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
