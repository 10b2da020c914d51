// What the resident may draw, and what he keeps when load is limited.
import { date, power } from '../format';
import { t } from '../i18n';
import type { Now } from './ask';

export function Rights({ now: n }: { now: Now }) {
  const day = (at: string) => date(Date.parse(at), n.time_zone);
  return (
    <section class="panel" aria-labelledby="own-rights-title">
      <h2 id="own-rights-title">{t('own.rights')}</h2>
      <dl class="own-figures">
        <div>
          <dt>{t('own.allowed')}</dt>
          <dd>
            <b class="num" id="own-allowed">{power(n.allowed_w)}</b>
          </dd>
        </div>
        {n.armour && (
          <>
            <div>
              <dt>{t('own.armour.technological')}</dt>
              <dd class="num">{power(n.armour.technological_w)}</dd>
            </div>
            <div>
              <dt>{t('own.armour.emergency')}</dt>
              <dd class="num">{power(n.armour.emergency_w)}</dd>
            </div>
          </>
        )}
      </dl>
      <ul class="own-list">
        {n.conditions.map((c) => (
          <li>
            <span class="num">{power(c.power_w)}</span>
            {c.non_firm_w ? ' ' + t('own.non_firm', { power: power(c.non_firm_w) }) : ''}
            {c.document ? ` · ${c.document}` : ''}
            {c.from ? ' · ' + t('own.since', { day: day(c.from) }) : ''}
            {c.to ? ' ' + t('own.until', { day: day(c.to) }) : ''}
          </li>
        ))}
      </ul>
    </section>
  );
}
