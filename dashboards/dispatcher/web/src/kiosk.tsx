// The wall screen: what can be read from across the room, and nothing to press.
import { computed, signal } from '@preact/signals';
import { Panel } from './books';
import { age, clockTime, date, kilowatts, minutes, percent } from './format';
import { t } from './i18n';
import { LimitStrip } from './limit';
import { alarms, demo, lostFor, network, overview, rows, serverNow, site, zone, type Row } from './store';

const time = computed(() => clockTime(Date.parse(overview.value.time), zone.value));
const updated = computed(() => (lostFor.value === null ? t('kiosk.updated', { time: time.value }) : t('link.lost', { time: minutes(lostFor.value) })));

/** Kiosk is the whole page of a wall screen. */
export function Kiosk() {
  return (
    <>
      <header class="top kiosk-top">
        <h1>
          <span class="brand">АСУЭ</span> <span class="site">{computed(() => site.value.name)}</span>
        </h1>
        {demo.value && <strong class="kiosk-demo">{t('page.demo')}</strong>}
        <div class="link" id="link" role="status" aria-label={t('link.label')}>
          <i aria-hidden="true" />
          <span id="updated">{updated}</span>
        </div>
        <span class="day num">{computed(() => date(serverNow.value, zone.value))}</span>
        <time class="num" id="clock">{time}</time>
      </header>
      <main class="shift kiosk" data-drawn={computed(() => network.value !== null)} data-watched={computed(() => !!alarms.value)}>
        <LimitStrip />
        {network.value && <Panel part="network" name="diagram" />}
        <Nearest />
        <Panel part="trend" name="trend" />
        {alarms.value && <Panel part="alarms" name="strip" />}
      </main>
    </>
  );
}

const most = 12;
const nearest = signal<Row[]>([]);

/** arrange puts those first who are nearest to what they may draw. */
function arrange(): void {
  const share = (r: Row) => r.live.peek().load_pct ?? -1;
  nearest.value = [...rows.peek()].sort((a, b) => share(b) - share(a)).slice(0, most);
}

/** Nearest is the residents that are nearest to what they may draw. Their order changes every five seconds at most. */
function Nearest() {
  if (nearest.value.length === 0) {
    arrange();
    window.setInterval(arrange, 5000);
  }
  return (
    <section class="residents panel" id="residents" aria-labelledby="residents-title">
      <div class="head"><h2 id="residents-title">{t('kiosk.nearest')}</h2></div>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('col.name')}</th>
            <th scope="col" class="right">{t('unit.kW')}</th>
            <th scope="col">{t('col.load')}</th>
            <th scope="col" class="right">{t('col.age')}</th>
          </tr>
        </thead>
        <tbody>
          {nearest.value.map((r) => <Line key={r.id} row={r} />)}
        </tbody>
      </table>
    </section>
  );
}

function Line({ row }: { row: Row }) {
  const { live } = row;
  const seconds = computed(() => (live.value.at === undefined ? undefined : Math.max(0, (serverNow.value - Date.parse(live.value.at)) / 1000)));
  return (
    <tr data-id={row.id} data-freshness={computed(() => live.value.freshness)} data-over={computed(() => String((live.value.load_pct ?? 0) > 100))}>
      <th scope="row">{row.fixed.value.name}</th>
      <td class="right num power">{computed(() => (live.value.partial ? '≥ ' : '') + kilowatts(live.value.power_w))}</td>
      <td class="load num">
        <div class="loadbar">
          <div class="track"><div class="fill" style={computed(() => `width:${Math.min(100, Math.max(0, live.value.load_pct ?? 0)).toFixed(1)}%`)} /></div>
          <span class="pct">{computed(() => ((live.value.load_pct ?? 0) > 100 ? '▲ ' : '') + percent(live.value.load_pct))}</span>
        </div>
      </td>
      <td class="right num age">{computed(() => (seconds.value === undefined ? '—' : age(seconds.value)))}</td>
    </tr>
  );
}
