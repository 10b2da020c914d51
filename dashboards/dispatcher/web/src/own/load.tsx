// The load now, against what may be drawn.
import { age, hourMinute, kilowatts, percent, power } from '../format';
import { named, t } from '../i18n';
import { ageS, type Freshness, type Now } from './ask';
import { grade } from './grade';

/** Trust is how old a number is and what it is worth. */
export function Trust(p: { at?: string; quality: string; freshness: Freshness }) {
  return (
    <span class={'own-trust ' + p.freshness}>
      {p.at ? t('own.age', { age: age(ageS(p.at)) }) : t('own.never')} · {named('quality.', p.quality)}
    </span>
  );
}

export function Load({ now: n }: { now: Now }) {
  const share = n.power_w !== undefined && n.allowed_w > 0 ? n.power_w / n.allowed_w : 0;
  const b = n.block;
  return (
    <section class="panel own-load" aria-labelledby="own-load-title" data-freshness={n.freshness}>
      <h2 id="own-load-title">{t('own.load')}</h2>
      <p class="own-big">
        <b class="num" id="own-power">{kilowatts(n.power_w)}</b> <span class="unit">{t('unit.kW')}</span>
      </p>
      <Trust at={n.at} quality={n.quality} freshness={n.freshness} />
      {n.partial && <p class="note">{t('own.partial')}</p>}
      <div class="own-bar" role="img" aria-label={t('own.bar', { share: percent(n.load_pct), allowed: power(n.allowed_w) })} data-over={share > 1}>
        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect class="all" width="100" height="8" />
          <rect class="part" width={Math.min(100, share * 100)} height="8" />
        </svg>
      </div>
      <p class="own-line">
        {share > 1 && <strong class="own-over">▲ {t('own.over')} </strong>}
        {n.allowed_w > 0 ? t('own.of', { share: percent(n.load_pct), allowed: power(n.allowed_w) }) : t('own.no_right')}
      </p>
      <dl class="own-figures">
        <div>
          <dt>{t('own.block', { from: hourMinute(Date.parse(b.start), n.time_zone), to: hourMinute(Date.parse(b.end), n.time_zone) })}</dt>
          <dd>
            <b class="num" id="own-block">{power(b.mean_w)}</b>
            <span class="note">{t('own.block.minutes', { known: String(b.minutes), passed: String(b.passed) })}</span>
          </dd>
        </div>
        {n.quarter && (
          <div>
            <dt>{t('own.quarter', { from: hourMinute(Date.parse(n.quarter.start), n.time_zone), to: hourMinute(Date.parse(n.quarter.end), n.time_zone) })}</dt>
            <dd>
              <b class="num">{power(n.quarter.mean_w)}</b>
              <span class="note">
                {grade(n.quarter.grade)}
                {n.quarter.recorded_at && ' · ' + t('own.age', { age: age(ageS(n.quarter.recorded_at)) })}
              </span>
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}
