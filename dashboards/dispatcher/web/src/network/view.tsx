import { computed, signal } from '@preact/signals';
import { age, clockTime } from '../format';
import { plural, t } from '../i18n';
import { networkAge, networkOld, sourceNames } from '../ready';
import { network, zone } from '../store';
import { plan, planFailure } from './plan';
import { Diagram } from './diagram';
import { figures, fold, folded, shown, toggle } from './choice';
import { mw } from './seen';
import { paint, palette, palettes, type PaletteName } from './palette';
import { Tables } from './tables';
import { WhatIf } from './whatif';
import { scenarioName, violationText } from './words';

const supposing = signal(false);

/** NetworkView is the view «Схема»: the picture of now, and beside it, if the reader wants, a supposition. */
export function NetworkView() {
  if (!network.value) return <p class="panel muted empty" id="no-network">{t('diagram.silent')}</p>;
  if (!plan.value) return <p class="panel muted empty" id="no-network">{planFailure.value ? t('books.failed', { reason: planFailure.value }) : t('trend.loading')}</p>;
  return (
    <div class="network" data-split={String(supposing.value)}>
      <Live />
      {supposing.value && <WhatIf plan={plan.value} onClose={() => (supposing.value = false)} />}
    </div>
  );
}

/** stands says of when the state is. */
export const stands = computed(() => {
  const at = Date.parse(network.value?.at ?? '');
  if (Number.isNaN(at)) return '';
  return networkOld.value ? t('diagram.old', { age: age(networkAge.value ?? 0), time: clockTime(at, zone.value) }) : clockTime(at, zone.value);
});

function Live() {
  const state = network.value!;
  return (
    <section class="panel net-pane" id="net-live" data-old={computed(() => String(networkOld.value))} aria-labelledby="net-live-title">
      <div class="head">
        <h2 id="net-live-title">
          {t('diagram.now')} <span class="muted num" id="net-at">{stands}</span>
        </h2>
        <Sums />
        <button type="button" class="button" id="net-whatif" aria-pressed={supposing.value} onClick={() => (supposing.value = !supposing.value)}>
          {t('whatif.open')}
        </button>
      </div>
      <Broken />
      <Diagram plan={plan.value!} state={state} old={networkOld.value} keys={<Keys />} />
      <Tables plan={plan.value!} state={state} />
    </section>
  );
}

/** Sums are the figures of the whole. */
function Sums() {
  const s = network.value!;
  if (s.problem) return null;
  const feeding = sourceNames(s.sources.filter((x) => x.feeding).map((x) => x.source));
  return (
    <ul class="net-sums">
      <Sum name="feeding" value={feeding || t('diagram.nobody')} over={!feeding} />
      {s.scenario && <Sum name="scenario" value={scenarioName(s.scenario)} />}
      <Sum name="load" value={mw(s.load_mw)} />
      <Sum name="loss" value={mw(s.loss_mw)} />
      {s.unserved_mw > 0 && <Sum name="unserved" value={mw(s.unserved_mw)} over />}
      {s.assumed.length > 0 && <li class="muted">◇ {plural('diagram.assumed', s.assumed.length)}</li>}
    </ul>
  );
}

/** Broken says what is wrong with the whole. */
export function Broken() {
  const s = network.value!;
  if (s.problem) return <p class="net-broken over" role="alert">▲ {t('diagram.problem', { reason: s.problem })}</p>;
  return s.violations.length ? <ul class="net-broken">{s.violations.map((v) => <li key={v.element + v.kind}>▲ {violationText(v)}</li>)}</ul> : null;
}

function Sum({ name, value, over }: { name: string; value: string; over?: boolean }) {
  return (
    <li data-sum={name} class={over ? 'over' : ''}>
      <span class="muted">{t('sum.' + name)}</span> <b class="num">{value}</b>
    </li>
  );
}

/** Keys choose what is shown, and in which colours. */
function Keys() {
  return (
    <div class="net-keys">
      <div class="switch" role="group" aria-label={t('diagram.show')}>
        {figures.map((f) => (
          <button type="button" key={f} aria-pressed={shown(f)} aria-label={t('figure.' + f)} title={t('figure.' + f)} onClick={() => toggle(f)} data-figure={f}>
            {t('figure.' + f + '.letter')}
          </button>
        ))}
      </div>
      <label class="check"><input type="checkbox" id="net-fold" checked={folded.value === true} onChange={(e) => fold(e.currentTarget.checked)} /> {t('diagram.fold')}</label>
      <label class="net-palette">
        <span class="muted">{t('palette.title')}</span>{' '}
        <select id="net-palette" value={palette.value} onChange={(e) => paint(e.currentTarget.value as PaletteName)}>
          {palettes.map((p) => <option key={p} value={p}>{t('palette.' + p)}</option>)}
        </select>
      </label>
    </div>
  );
}
