// The state of the page: one signal per thing that changes by itself, so that a
// new number patches its own text node and nothing else.
import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { takeChange, takeControl } from './acts';
import { begin } from './me';
import type { Delta, NetworkState, Notice, Overview, Resident, ResidentLive, Scenario, Snapshot } from './types';

/** Row is a resident: what stands, and what changes. */
export interface Row {
  readonly id: string;
  readonly fixed: Signal<Resident>;
  readonly live: Signal<ResidentLive>;
  readonly spark: Signal<(number | null)[]>;
}

/** nothing is what there is to see for somebody who may not look: the door stands before it. */
const nothing: Snapshot = {
  boot: '', seq: 0, version: '', bundle: '', site_name: 'АСУЭ', speed: 1, stale_after_s: 10, silent_after_s: 60, residents: [], notices: [],
  overview: {
    time: new Date().toISOString(), time_zone: 'UTC', demo: false, freshness: 'silent', limit_kind: 'not_stated',
    meters: { fresh: 0, suspect: 0, stale: 0, silent: 0, total: 0 },
  },
};
const boot: Snapshot = { ...nothing, ...begin };

takeControl(boot.control);

export const site = signal({ name: boot.site_name, version: boot.version, speed: boot.speed });
export const overview = signal<Overview>(boot.overview);
export const rows = signal<Row[]>(boot.residents.map(makeRow));
export const notices = signal<Notice[]>(boot.notices ?? []);
/** alarms is how many there are; the list is asked for when this changes. */
export const alarms = signal(boot.alarms);
export const scenarios = signal<Scenario[]>(boot.scenarios ?? []);
/** network is what flows and at what voltage; null until a state was heard. */
export const network = signal<NetworkState | null>(boot.network ?? null);

/** serverNow is the server's time in ms, moved on by every event, and by the page itself while the link is lost. */
export const serverNow = signal(Date.parse(boot.overview.time));
/** lostFor is how many seconds the stream has been silent; null while it speaks. */
export const lostFor = signal<number | null>(null);
/** reached is the last event of the stream that this state contains. */
export const reached = { boot: boot.boot, seq: boot.seq };

export const zone: ReadonlySignal<string> = computed(() => overview.value.time_zone);
export const demo: ReadonlySignal<boolean> = computed(() => overview.value.demo);

function makeRow(r: Resident): Row {
  return { id: r.id, fixed: signal(r), live: signal<ResidentLive>(r), spark: signal(r.spark_w) };
}

/** takeSnapshot replaces everything, keeping the rows that are still there. */
export function takeSnapshot(s: Snapshot): void {
  if (s.bundle !== document.documentElement.dataset.bundle) {
    location.reload(); // the server has another page than this one
    return;
  }
  batch(() => {
    reached.boot = s.boot;
    reached.seq = s.seq;
    site.value = { name: s.site_name, version: s.version, speed: s.speed };
    const known = new Map(rows.peek().map((r) => [r.id, r]));
    const next = s.residents.map((r) => {
      const row = known.get(r.id);
      if (!row) return makeRow(r);
      row.fixed.value = r;
      row.live.value = r;
      row.spark.value = r.spark_w;
      return row;
    });
    const before = rows.peek();
    if (next.length !== before.length || next.some((r, i) => r !== before[i])) rows.value = next;
    takeOverview(s.overview);
    takeControl(s.control);
    network.value = s.network ?? null;
    notices.value = s.notices ?? [];
    alarms.value = s.alarms;
    scenarios.value = s.scenarios ?? [];
  });
}

/** takeDelta applies one event. It is false if one before it is missing. */
export function takeDelta(d: Delta): boolean {
  if (d.seq <= reached.seq) return true; // known already
  if (d.seq !== reached.seq + 1) return false;
  batch(() => {
    reached.seq = d.seq;
    takeOverview(d.overview);
    if (d.control) takeControl(d.control);
    if (d.acts) takeChange(d.acts);
    if (d.network) network.value = { ...d.network, assumed: d.network.assumed ?? network.peek()?.assumed ?? [] };
    if (d.residents) {
      const byID = new Map(rows.peek().map((r) => [r.id, r]));
      for (const live of d.residents) {
        const row = byID.get(live.id);
        if (row) row.live.value = live;
      }
    }
    if (d.alarms) alarms.value = d.alarms;
    if (d.notices) notices.value = d.notices;
    if (d.scenarios) scenarios.value = d.scenarios;
    if (d.minutes) moveCurves(d.minutes);
  });
  return true;
}

function takeOverview(o: Overview): void {
  overview.value = o;
  serverNow.value = Date.parse(o.time);
}

function moveCurves(m: NonNullable<Delta['minutes']>): void {
  const passed = Math.min(m.passed, 60);
  const gap = new Array<null>(passed - 1).fill(null);
  for (const row of rows.peek()) {
    row.spark.value = [...row.spark.peek(), m.means_w[row.id] ?? null, ...gap].slice(-60);
  }
}

/** ageOf is the age in seconds of a time of the server's, or undefined if there is none. */
export function ageOf(at: string | undefined): number | undefined {
  return at === undefined ? undefined : Math.max(0, (serverNow.value - Date.parse(at)) / 1000);
}
