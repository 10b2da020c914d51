import { computed } from '@preact/signals';
import { head, proposals } from './acts';
import { age, power } from './format';
import { named, plural, t } from './i18n';
import { hindrance, reportAge, reportOld } from './may';
import { follow, route } from './route';
import { wish } from './wish';

type Flag = 'killed' | 'emergency' | 'inhibited' | 'shadow';
const flags: [Flag, string][] = [['killed', '▲'], ['emergency', '▲'], ['inhibited', '◆'], ['shadow', '■']];

/** ControlBar stands in every view: what may act now, how much is shed, and the stop. */
export function ControlBar() {
  const there = computed(() => !!head.value && (!head.value.watching || route.value.view === 'control'));
  if (!there.value) return null;
  const killed = computed(() => head.value?.killed ?? false);
  return (
    <section
      class="controlbar panel"
      id="control-bar"
      aria-label={t('bar.title')}
      data-mode={computed(() => head.value?.mode)}
      data-killed={computed(() => String(killed.value))}
      data-emergency={computed(() => String(head.value?.emergency ?? false))}
      data-old={computed(() => String(reportOld.value))}
    >
      <span class="mode" id="bar-mode">
        <span class="muted">{t('bar.mode')}</span> <b>{computed(() => named('mode.', head.value?.mode ?? ''))}</b>
        <span class="armed" hidden={computed(() => head.value?.mode !== 'auto')}>{computed(() => t(head.value?.armed ? 'bar.armed' : 'bar.unarmed'))}</span>
      </span>
      {flags.map(([flag, mark]) => (
        <span key={flag} class={`flag f-${flag}`} data-flag={flag} hidden={computed(() => !head.value?.[flag])}>
          <span aria-hidden="true">{mark} </span>
          {t('bar.' + flag)}
        </span>
      ))}
      {(['shed_w', 'reserve_w', 'required_w'] as const).map((field) => (
        <span key={field} class="sum" hidden={computed(() => field === 'required_w' && !head.value?.required_w)} data-field={field}>
          <span class="muted">{t('bar.' + field)}</span> <b class="num">{computed(() => power(head.value?.[field]))}</b>
        </span>
      ))}
      <span class="report num" id="report-age">{computed(() => (reportOld.value ? '✕ ' : '') + t('bar.report', { age: age(reportAge.value ?? 0) }))}</span>
      <a {...follow('control')} class="waiting" hidden={computed(() => proposals.value.length === 0)}>
        {computed(() => plural('bar.proposals', proposals.value.length))}
      </a>
      <Stop killed={killed.value} />
    </section>
  );
}

/** Stop opens the two steps of the stop, or of its release. */
function Stop({ killed }: { killed: boolean }) {
  const kind = killed ? 'unkill' : 'kill';
  const why = computed(() => hindrance(kind));
  return (
    <>
      <span class="muted hindrance" id="stop-hindered" hidden={computed(() => !why.value)}>{why}</span>
      <button type="button" class={`stop ${kind}`} id="stop" disabled={computed(() => !!why.value)} onClick={() => (wish.value = { kind })} data-order={kind}>
        {t('order.' + kind)}
      </button>
    </>
  );
}
