import { actuatorOf, head } from '../acts';
import { power } from '../format';
import { named, t } from '../i18n';
import { rows } from '../store';
import type { ControlReady } from '../types';
import { modelText } from './model';

const residentName = (id: string | undefined) => rows.value.find((r) => r.id === id)?.fixed.value.name ?? id ?? '';

/** Shedding is the balancer's list for the loss, made beforehand: devices in their order, then calls, then what nothing brings. */
export function Shedding() {
  const r = head.value?.ready;
  if (!r) return null;
  return (
    <section id="ready-shedding" aria-labelledby="ready-shedding-title">
      <h3 id="ready-shedding-title">
        {t('shedding.title')} <span class="muted num">{t('shedding.need', { need: power(r.need_w), limit: r.limit_w === undefined ? '—' : power(r.limit_w) })}</span>
      </h3>
      {r.limit_why && <p class="muted">{t('shedding.why', { why: modelText(r.limit_why) })}</p>}
      {r.doubt && <p class="over">▲ {r.doubt}</p>}
      {r.steps.length + r.calls.length > 0 ? <List r={r} /> : <p>{t(r.need_w > 0 ? 'shedding.nothing' : 'shedding.none')}</p>}
      {r.missing_w > 0 && <p class="over">▲ {t('shedding.missing', { power: power(r.missing_w) })}</p>}
    </section>
  );
}

function List({ r }: { r: ControlReady }) {
  return (
    <div class="scroll books-table">
      <table class="shedding">
        <thead>
          <tr>
            {(['n', 'who', 'what', 'drop', 'how'] as const).map((c) => <th key={c} scope="col" class={c === 'drop' ? 'right' : ''}>{t('shedding.' + c)}</th>)}
          </tr>
        </thead>
        <tbody>
          {r.steps.map((s, i) => {
            const a = actuatorOf(s.actuator);
            const who = residentName(s.resident ?? a?.resident);
            return (
              <tr key={s.actuator} data-step={s.actuator}>
                <td class="num">{i + 1}</td>
                <th scope="row">{who} <span class="muted">{(a?.name || s.actuator).replace(`${who}, `, '')}</span></th>
                <td>{wanted(s.want)}</td>
                <td class="right num">{power(s.drop_w)}</td>
                <td>{named('mode.', s.mode)}{s.persons ? t('shedding.persons', { n: String(s.persons) }) : ''}</td>
              </tr>
            );
          })}
          {r.calls.map((c) => (
            <tr key={c.resident} data-call={c.resident}>
              <td>☎</td>
              <th scope="row">{residentName(c.resident)} <span class="muted">{c.category ? t('ready.category', { n: 'I'.repeat(c.category) }) : t('ready.nocategory')}</span></th>
              <td>{t('shedding.down', { to: power(c.to_w) })}</td>
              <td class="right num">{power(c.drop_w)}</td>
              <td>{t('shedding.call')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** wanted is what a device would be told, in the reader's words. */
function wanted(want: string): string {
  const limit = /^at most ([\d.]+) (k|M)?W$/.exec(want);
  if (!limit) return named('shedding.want.', want);
  return t('shedding.down', { to: power(Number(limit[1]) * (limit[2] === 'M' ? 1e6 : limit[2] === 'k' ? 1e3 : 1)) });
}
