// The resident's metering points.
import { power } from '../format';
import { t } from '../i18n';
import type { Now } from './ask';
import { Trust } from './load';

export function Points({ now: n }: { now: Now }) {
  return (
    <section class="panel" aria-labelledby="own-points-title">
      <h2 id="own-points-title">{t('own.points')}</h2>
      <ul class="own-list" id="own-points">
        {n.points.map((p) => (
          <li key={p.id}>
            <span class="own-point">{p.name || p.id}</span>
            {p.medium === 'electricity' ? (
              <>
                <b class="num">{power(p.power_w)}</b>
                <Trust at={p.at} quality={p.quality} freshness={p.freshness} />
              </>
            ) : (
              <span class="note">{t('own.medium.' + p.medium)}</span>
            )}
            {p.meter && <span class="note">{t('own.meter', { meter: p.meter })}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
