import { computed, effect, signal } from '@preact/signals';
import { shares, type Live } from '../acts';
import { dash, kilowatts } from '../format';
import { lang, named, t } from '../i18n';
import { reworded } from '../said';
import type { Share } from '../types';
import { OrderButton } from './button';
import { reasonText, residentName } from './words';

type Column = 'name' | 'allowed' | 'demand' | 'share' | 'armour' | 'shed';
const columns: Column[] = ['name', 'allowed', 'demand', 'share', 'armour', 'shed'];
const fields = { allowed: 'allowed_w', demand: 'demand_w', share: 'share_w', armour: 'armour_w', shed: 'shed_w' } as const;

const sort = signal<{ by: Column; down: boolean }>({ by: 'name', down: false });

/** order is who stands where. Numbers that move change nothing: rows are sorted when the reader asks, and whoever joins stands at the end. */
const order = signal<string[]>([]);
effect(() => {
  const there = shares.value.map((r) => r.id);
  const kept = order.peek().filter((id) => there.includes(id));
  order.value = kept.length ? [...kept, ...there.filter((id) => !kept.includes(id))] : sorted(shares.peek());
});

function sorted(list: Live<Share>[]): string[] {
  const { by, down } = sort.peek();
  const words = new Intl.Collator([lang.peek(), 'ru'], { numeric: true });
  const names = (a: Live<Share>, b: Live<Share>) => words.compare(residentName(a.id), residentName(b.id));
  return [...list]
    .sort((a, b) => {
      const d = by === 'name' ? names(a, b) : (a.now.peek()[fields[by]] ?? 0) - (b.now.peek()[fields[by]] ?? 0);
      return (down ? -d : d) || names(a, b);
    })
    .map((r) => r.id);
}

function choose(by: Column): void {
  const s = sort.peek();
  sort.value = s.by === by ? { by, down: !s.down } : { by, down: by !== 'name' };
  order.value = sorted(shares.peek());
}

/** Shares is what each resident may draw now, and why. */
export function Shares() {
  const rows = computed(() => order.value.map((id) => shares.value.find((r) => r.id === id)).filter((r) => r !== undefined));
  return (
    <section class="panel shares" id="shares" aria-labelledby="shares-title">
      <div class="head">
        <h2 id="shares-title">{t('shares.title')}</h2>
        <span class="muted">{t('shares.unit', { unit: t('unit.kW') })}</span>
      </div>
      <div class="scroll books-table cards" tabIndex={0} role="group" aria-labelledby="shares-title">
        <table>
          <thead>
            <tr>
              {columns.map((c) => (
                <th key={c} scope="col" class={c === 'name' ? undefined : 'right'} aria-sort={sort.value.by === c ? (sort.value.down ? 'descending' : 'ascending') : undefined}>
                  <button type="button" onClick={() => choose(c)} title={t('residents.sort', { column: t('share.' + c) })} data-sort={c}>
                    {t('share.' + c)}
                    <span aria-hidden="true">{sort.value.by === c ? (sort.value.down ? ' ▾' : ' ▴') : ''}</span>
                  </button>
                </th>
              ))}
              <th scope="col" class="reason">{t('share.why')}</th>
              <th scope="col"><span class="sr">{t('actuators.orders')}</span></th>
            </tr>
          </thead>
          <tbody>
            {rows.value.map((row) => (
              <Line key={row.id} row={row} />
            ))}
          </tbody>
        </table>
        {rows.value.length === 0 && <p class="muted empty">{t('shares.none')}</p>}
      </div>
    </section>
  );
}

function Line({ row: { id, now } }: { row: Live<Share> }) {
  const over = computed(() => now.value.demand_w > now.value.allowed_w);
  return (
    <tr data-resident={id} data-over={computed(() => String(over.value))} data-violating={computed(() => String(now.value.violating ?? false))}>
      <th scope="row">
        {residentName(id)}
        <span class="mark-over" hidden={computed(() => !over.value)}>▲ {t('share.over')}</span>
      </th>
      <td class="right num" data-label={t('share.allowed')}>{computed(() => kilowatts(now.value.allowed_w))}</td>
      <td class="right num demand" data-label={t('share.demand')}>{computed(() => kilowatts(now.value.demand_w))}</td>
      <td class="right num share" data-label={t('share.share')}><b>{computed(() => kilowatts(now.value.share_w))}</b></td>
      <td class="right num" data-label={t('share.armour')}>{computed(() => (now.value.armour_w ? kilowatts(now.value.armour_w) : dash))}</td>
      <td class="right num" data-label={t('share.shed')}>{computed(() => (now.value.shed_w ? kilowatts(now.value.shed_w) : dash))}</td>
      <td class="reason wrap" title={computed(() => reworded(now.value.why))}>
        <span class="tier">{computed(() => (now.value.tier && now.value.tier !== 'excess' ? named('tier.', now.value.tier) + ' · ' : ''))}</span>
        {computed(() => reasonText(now.value))}
        <span class="muted own">{computed(() => (now.value.why ? ' — ' + reworded(now.value.why) : ''))}</span>
      </td>
      <td class="row-orders">
        <OrderButton wish={{ kind: 'pin', resident: id }} about={residentName(id)} label={t('pin.short')} />
      </td>
    </tr>
  );
}
