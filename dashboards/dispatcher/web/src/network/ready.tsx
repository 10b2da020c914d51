import { computed } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { age, clockTime } from '../format';
import { decimal, named, t } from '../i18n';
import { light, networkAge, networkOld, readyOpen, verdict, sourceNames } from '../ready';
import { network, rows, zone } from '../store';
import type { Readiness } from '../types';
import { modelText } from './model';
import { elementName } from './names';
import { mw } from './seen';
import { Shedding } from './shedding';

/** Ready is the panel of readiness: what happens, who goes dark, what the reserve carries and what has to go. */
export function Ready() {
  const box = useRef<HTMLDialogElement>(null);
  const open = readyOpen.value;
  useEffect(() => {
    if (open) box.current?.showModal();
  }, [open]);
  if (!open) return null;
  const r = network.value?.readiness;
  return (
    <dialog class="order ready-panel" id="ready-panel" ref={box} aria-labelledby="ready-title" data-light={light} onClose={() => (readyOpen.value = false)} onClick={(e) => e.target === box.current && box.current?.close()}>
      <div class="ready-head">
        <h2 id="ready-title" tabIndex={-1}>{t('ready.title', { lost: r ? sourceNames([r.lost]) : '—' })}</h2>
        <button type="button" class="button" id="ready-close" onClick={() => box.current?.close()}>{t('whatif.close')}</button>
      </div>
      <p class="ready-verdict"><b>{computed(() => t('ready.' + light.value))}</b> {verdict}</p>
      <p class="muted num">{computed(() => (networkOld.value ? '✕ ' + t('ready.old', { age: age(networkAge.value ?? 0) }) : t('ready.at', { time: clockTime(Date.parse(network.value?.at ?? ''), zone.value) })))}</p>
      {r && <Body r={r} />}
    </dialog>
  );
}

function Body({ r }: { r: Readiness }) {
  return (
    <>
      <ol class="ready-endings">
        {(['before', 'after', 'later'] as const).map((k) => (
          <li key={k} data-ending={r[k]}>
            <span class="muted">{t('ready.' + k)}</span> <b>{named('ending.', r[k])}</b>
          </li>
        ))}
      </ol>
      <Carries r={r} />
      {r.minutes > 0 && <p class="over">▲ {t('ready.minutes', { minutes: decimal(r.minutes, 0) })}</p>}
      <h3>{t('ready.timeline')}</h3>
      {r.timeline.length ? (
        <ol class="ready-timeline">
          {r.timeline.map((m, i) => (
            <li key={i}>
              <span class="num">{t('ready.after_s', { s: decimal(m.after_s, 1) })}</span> <b>{t(m.close ? 'ready.closes' : 'ready.opens', { sw: elementName(m.switch) })}</b> <span class="muted">{modelText(m.why)}</span>
            </li>
          ))}
        </ol>
      ) : (
        <p class="muted">{t('ready.notransfer')}</p>
      )}
      <DarkList r={r} />
      <Shedding />
      <p class="muted">◇ {t('ready.rests', { n: String(network.value?.assumed.length ?? 0) })}</p>
    </>
  );
}

/** Carries sets load and armour beside what the reserve can carry. */
function Carries({ r }: { r: Readiness }) {
  const most = Math.max(r.limit_mw, r.load_mw, r.tech_mw, r.emerg_mw, 0.001) * 1.08;
  const bars = [['load', r.load_mw], ['tech', r.tech_mw], ['emerg', r.emerg_mw]] as const;
  return (
    <div class="ready-carries">
      {bars.map(([name, value]) => (
        <div key={name} class="ready-row" data-over={String(value > r.limit_mw)}>
          <span>{t('ready.' + name)}</span>
          <div class="track">
            <div class="fill" style={`width:${(100 * value) / most}%`} />
            <i class="limit-mark" style={`left:${(100 * r.limit_mw) / most}%`} />
          </div>
          <b class="num">{value > r.limit_mw ? '▲ ' : ''}{mw(value)}</b>
        </div>
      ))}
      <dl class="facts">
        <div><dt>{t('ready.limit')}</dt><dd class="num">{mw(r.limit_mw)}</dd></div>
        <div><dt>{t('ready.to_shed')}</dt><dd class="num">{mw(r.shed_mw)}</dd></div>
        <div><dt>{t('ready.binds')}</dt><dd>{modelText(r.binds) || '—'}</dd></div>
        <div><dt>{t('ready.next')}</dt><dd>{modelText(r.next) || '—'}</dd></div>
      </dl>
    </div>
  );
}

/** DarkList says who stays without voltage, by category. */
function DarkList({ r }: { r: Readiness }) {
  if (!r.dark.length) return <p>{t('ready.nodark')}</p>;
  const categories = [...new Set(r.dark.map((d) => d.category))].sort();
  const name = (id: string | undefined) => (id ? (rows.value.find((x) => x.id === id)?.fixed.value.name ?? id) : t('ready.others'));
  return (
    <>
      <h3>{t('ready.dark', { power: mw(r.dark.reduce((s, d) => s + d.mw, 0)) })}</h3>
      <ul class="ready-dark">
        {categories.map((c) => {
          const list = r.dark.filter((d) => d.category === c);
          return (
            <li key={c}>
              <b>{c ? t('ready.category', { n: 'I'.repeat(c) }) : t('ready.nocategory')}: {mw(list.reduce((s, d) => s + d.mw, 0))}</b>{' '}
              <span class="muted">{list.map((d) => `${name(d.resident)} ${decimal(d.mw, 2)}`).join(' · ')}</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
