// Energy and maxima of a month.
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { date, hourMinute, power } from '../format';
import { decimal, named as inWords, t } from '../i18n';
import { ask, localDay, now, type Month, type Peak } from './ask';

const back = signal(0); // months before the present one
const month = signal<Month | null>(null);
const failed = signal('');

function named(offset: number): string {
  const [y, m] = localDay(0).split('-').map(Number) as [number, number];
  return new Date(Date.UTC(y, m - 1 - offset, 1)).toISOString().slice(0, 7);
}

async function fetchMonth(offset: number): Promise<void> {
  try {
    const seen = await ask<Month>('month?month=' + named(offset));
    if (back.peek() === offset) [month.value, failed.value] = [seen, ''];
  } catch (e) {
    if (back.peek() === offset) [month.value, failed.value] = [null, e instanceof Error ? e.message : String(e)];
  }
}

export function MonthCard() {
  useEffect(() => {
    const stop = effect(() => void fetchMonth(back.value));
    const again = setInterval(() => !document.hidden && back.peek() === 0 && void fetchMonth(0), 300_000);
    return () => (stop(), clearInterval(again));
  }, []);
  const title = named(back.value).split('-').reverse().join('.');
  const m = month.value;
  return (
    <section class="panel" aria-labelledby="own-month-title">
      <div class="own-row">
        <h2 id="own-month-title">{t('own.month', { month: title })}</h2>
        <button type="button" class="step" aria-label={t('own.earlier')} onClick={() => back.value++}>‹</button>
        <button type="button" class="step" aria-label={t('own.later')} disabled={back.value === 0} onClick={() => back.value--}>›</button>
      </div>
      {failed.value && <p class="note" role="status">{t('own.failed', { reason: failed.value })}</p>}
      {m && <Figures m={m} />}
    </section>
  );
}

function Figures({ m }: { m: Month }) {
  const zone = now.value?.time_zone ?? 'UTC';
  const when = (p: Peak) => `${date(Date.parse(p.start), zone)} ${hourMinute(Date.parse(p.start), zone)}–${hourMinute(Date.parse(p.end), zone)}`;
  return (
    <>
      <dl class="own-figures">
        <div>
          <dt>{t('own.energy')}</dt>
          <dd>
            <b class="num" id="own-month-energy">{decimal((m.energy_wh ?? m.known_wh) / 1e3, 0)} {t('unit.kWh')}</b>
            <span class="note">{t('own.month.worth', { until: date(Date.parse(m.to) - 1, zone), missing: String(m.missing), stood_in: String(m.stood_in) })}</span>
          </dd>
        </div>
        {m.maxima.map((x) => (
          <div>
            <dt>{t('own.maximum', { minutes: String(x.minutes) })}</dt>
            <dd>
              <b class="num">{power(x.block?.power_w)}</b>
              {x.block && <span class="note">{when(x.block)}</span>}
              {x.unbilled && <span class="note">{t('own.maximum.estimated', { power: power(x.unbilled.power_w) })}</span>}
            </dd>
          </div>
        ))}
        {m.load_factor !== undefined && (
          <div>
            <dt>{t('own.load_factor')}</dt>
            <dd class="num">{decimal(m.load_factor, 2)}</dd>
          </div>
        )}
        {m.tan_phi !== undefined && (
          <div>
            <dt>tan φ</dt>
            <dd class="num">{decimal(m.tan_phi, 2)}</dd>
          </div>
        )}
        {m.zones?.map((z) => (
          <div>
            <dt>{t('own.tariff_zone', { zone: inWords('own.zone.', z.zone) })}</dt>
            <dd class="num">{decimal(z.energy_wh / 1e3, 0)} {t('unit.kWh')}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
