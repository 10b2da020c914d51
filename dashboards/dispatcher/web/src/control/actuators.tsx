import { computed, signal } from '@preact/signals';
import { actuators, type Live } from '../acts';
import { age, dash, minutes, power } from '../format';
import { lang, named, t } from '../i18n';
import { reworded } from '../said';
import { ageOf } from '../store';
import type { Actuator } from '../types';
import { OrderButton } from './button';
import { kindText, left, residentName, stateText } from './words';

const filter = signal('');

/** groups are the actuators by resident. The order rests on names alone, so that no number moves a row. */
const groups = computed(() => {
  const words = new Intl.Collator([lang.value, 'ru'], { numeric: true });
  const wanted = filter.value.toLocaleLowerCase(lang.value).trim();
  const by = new Map<string, Live<Actuator>[]>();
  for (const row of actuators.value) {
    const a = row.now.peek();
    const text = `${residentName(a.resident)} ${a.name} ${a.id} ${named('kind.', a.kind)} ${a.node_name ?? ''}`;
    if (!text.toLocaleLowerCase(lang.value).includes(wanted)) continue;
    const id = a.resident ?? '';
    by.set(id, [...(by.get(id) ?? []), row]);
  }
  return [...by].sort(([a], [b]) => words.compare(residentName(a), residentName(b)));
});

const counts = computed(() => {
  const n = new Map<string, number>();
  for (const row of actuators.value) n.set(row.now.value.state, (n.get(row.now.value.state) ?? 0) + 1);
  return [...n].sort().map(([state, k]) => `${stateText(state)} ${k}`).join(' · ');
});

/** Actuators is what can be moved, resident by resident, and in which state it is. */
export function Actuators() {
  return (
    <section class="panel actuators" id="actuators" aria-labelledby="actuators-title">
      <div class="head">
        <h2 id="actuators-title">{t('actuators.title')}</h2>
        <span class="muted num">{counts}</span>
        <input type="search" id="find-actuator" placeholder={t('actuators.find')} aria-label={t('actuators.find')} value={filter} onInput={(e) => (filter.value = e.currentTarget.value)} />
      </div>
      <div class="scroll books-table cards" tabIndex={0} role="group" aria-labelledby="actuators-title">
        <table>
          <thead>
            <tr>
              {['name', 'state', 'mode', 'limit', 'shed', 'lease', 'text'].map((c) => (
                <th scope="col" key={c} class={c === 'limit' || c === 'shed' ? 'right' : undefined}>{t('actuators.' + c)}</th>
              ))}
              <th scope="col"><span class="sr">{t('actuators.orders')}</span></th>
            </tr>
          </thead>
          {groups.value.map(([id, list]) => (
            <tbody key={id}>
              <tr class="group">
                <th scope="rowgroup" colSpan={8}>{residentName(id || undefined)}</th>
              </tr>
              {list.map((row) => (
                <Line key={row.id} row={row} />
              ))}
            </tbody>
          ))}
        </table>
        {groups.value.length === 0 && <p class="muted empty">{t('actuators.none')}</p>}
      </div>
    </section>
  );
}

/** Line is drawn once; afterwards its signals patch their own text. */
function Line({ row: { id, now } }: { row: Live<Actuator> }) {
  const a = now.peek();
  const about = `${residentName(a.resident)}, ${a.name || id}`;
  return (
    <tr data-actuator={id} data-kind={a.kind} data-state={computed(() => now.value.state)}>
      <th scope="row">
        {a.name || id} <span class="muted">{kindText(a)}{a.node_name ? ` · ${a.node_name}` : ''}</span>
      </th>
      <td class="st">
        <span class="q">{computed(() => stateText(now.value.state))}</span>{' '}
        <span class="muted num">{computed(() => (now.value.since ? age(ageOf(now.value.since) ?? 0) : ''))}</span>
      </td>
      <td class="mode" data-label={t('actuators.mode')}>{computed(() => named('mode.', now.value.mode))}</td>
      <td class="right num" data-label={t('actuators.limit')}>{computed(() => setting(now.value))}</td>
      <td class="right num shed" data-label={t('actuators.shed')}>{computed(() => (now.value.shed_w ? power(now.value.shed_w) : dash))}</td>
      <td class="num" data-label={t('actuators.lease')}>{computed(() => (now.value.lease_end ? minutes(left(now.value.lease_end)) : dash))}</td>
      <td class="reason fault" title={computed(() => reworded(now.value.text))}>{computed(() => reworded(now.value.text))}</td>
      <td class="row-orders">
        <OrderButton wish={{ kind: 'restore', actuator: id }} about={about} label={t('restore.short')} shut={computed(() => !['shed', 'limited'].includes(now.value.state))} />
        <OrderButton wish={{ kind: 'exclude', actuator: id }} about={about} label={t('exclude.short')} shut={computed(() => now.value.state === 'excluded')} />
        <OrderButton wish={{ kind: 'mode', actuator: id }} about={about} label={t('mode.short')} />
      </td>
    </tr>
  );
}

/** setting is the set-point in force, and the wanted one where it is another; of a switch, the power behind it. */
function setting(a: Actuator): string {
  if (a.kind !== 'setpoint') return a.power_w === undefined ? dash : power(a.power_w);
  const now = a.limit_w === undefined ? dash : power(a.limit_w);
  return a.want_w === undefined || a.want_w === a.limit_w ? now : `${now} → ${power(a.want_w)}`;
}
