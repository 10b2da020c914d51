import { computed } from '@preact/signals';
import { clockTime, date, minutes } from './format';
import { lang, langs, speak, t } from './i18n';
import { helpOpen } from './keys';
import { lostFor, overview, serverNow, site, zone } from './store';
import { Person } from './person';
import { theme, themes, wear, type Theme } from './theme';

const time = computed(() => clockTime(Date.parse(overview.value.time), zone.value));
const day = computed(() => date(serverNow.value, zone.value));
const link = computed(() =>
  lostFor.value === null ? t('link.live') : t('link.lost', { time: minutes(lostFor.value) }),
);

const themeMarks: Record<Theme, string> = { auto: '◐', light: '○', dark: '●' };

export function Header() {
  return (
    <header class="top">
      <h1>
        <span class="brand">АСУЭ</span>
        <span class="site" title={computed(() => site.value.name)}>{computed(() => site.value.name)}</span>
      </h1>
      <Meters />
      <div class="link" id="link" role="status" aria-label={t('link.label')}>
        <i aria-hidden="true" />
        <span>{link}</span>
      </div>
      <div class="clock" role="group" aria-label={t('clock.label')}>
        <span class="day">
          <span>{day}</span> <span class="zone">{zone}</span>
        </span>
        <time class="num" id="clock">{time}</time>
      </div>
      <Person />
      <div class="switch" role="group" aria-label={t('language')}>
        {langs.map((l) => (
          <button type="button" key={l} lang={l} aria-pressed={lang.value === l} onClick={() => void speak(l)} data-lang={l}>
            {l.toUpperCase()}
          </button>
        ))}
      </div>
      <div class="switch" role="group" aria-label={t('theme')}>
        {themes.map((x) => (
          <button
            type="button"
            key={x}
            aria-pressed={theme.value === x}
            aria-label={`${t('theme')}: ${t('theme.' + x)}`}
            title={`${t('theme')}: ${t('theme.' + x)}`}
            onClick={() => wear(x)}
            data-theme-choice={x}
          >
            {themeMarks[x]}
          </button>
        ))}
      </div>
      <button type="button" class="keys-button" id="keys" aria-haspopup="dialog" aria-label={t('keys.label')} title={t('keys.label')} onClick={() => (helpOpen.value = true)}>?</button>
    </header>
  );
}

const degrees = ['fresh', 'suspect', 'stale', 'silent'] as const;

/** Meters says how many meters keep up; the doubtful degrees appear only when there are any. */
function Meters() {
  return (
    <ul class="meters num" id="meters">
      {degrees.map((d) => {
        const n = computed(() => overview.value.meters[d]);
        return (
          <li key={d} class={d} hidden={computed(() => d !== 'fresh' && n.value === 0)}>
            {computed(() => t('meters.' + d, { n: String(n.value) + (d === 'fresh' ? '/' + overview.value.meters.total : '') }))}
          </li>
        );
      })}
    </ul>
  );
}
