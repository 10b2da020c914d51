// The live stream of all tabs of a browser: a shared worker that holds one connection to
// the server. HTTP/1.1 allows a browser six to one server, and a control room has more
// windows than that. It does not look into what it hands on.

/** Told is an event of the stream; `id` says behind which one it stands. */
export interface Told {
  kind: 'snapshot' | 'delta';
  id: string;
  data: string;
}

/** Said is what a tab hears: an event, that it has missed some, or that the connection broke. */
export type Said = Told | { kind: 'missed' } | { kind: 'broken' };

/** Asked is what a tab says: go on behind an event, open the connection anew, or nobody looks any more. */
export type Asked = { last: string } | { anew: string } | { leave: true };

const comeBack = 2000;
const soon = 4000; // tabs find out about silence together: one of them has it opened anew
const most = 70; // events that a tab may have missed: as many as the server keeps, and some

const tabs = new Set<MessagePort>();
let kept: Told[] = [];
let source: EventSource | null = null;
let openedAt = 0;

function say(said: Said): void {
  for (const tab of tabs) tab.postMessage(said);
}

function open(last: string): void {
  source?.close();
  const opened = new EventSource('/api/v1/live?last=' + encodeURIComponent(last));
  source = opened;
  openedAt = performance.now();
  for (const kind of ['snapshot', 'delta'] as const) {
    opened.addEventListener(kind, (e) => {
      const { data, lastEventId } = e as MessageEvent<string>;
      const told = { kind, id: lastEventId, data };
      kept = kind === 'snapshot' ? [told] : [...kept.slice(-most), told];
      say(told);
    });
  }
  opened.onerror = () => {
    say({ kind: 'broken' });
    // The browser comes back by itself unless the server has refused outright.
    if (opened.readyState === EventSource.CLOSED) setTimeout(() => source === opened && tabs.size > 0 && open(kept.at(-1)?.id ?? last), comeBack);
  };
}

function asked(tab: MessagePort, ask: Asked): void {
  if ('leave' in ask) {
    tabs.delete(tab);
    if (tabs.size > 0) return;
    source?.close();
    source = null;
    kept = [];
    return;
  }
  tabs.add(tab);
  if (!source) return open('anew' in ask ? ask.anew : ask.last);
  if ('anew' in ask) {
    if (performance.now() - openedAt > soon) open(ask.anew);
    return;
  }
  const youngest = kept.at(-1);
  if (!youngest || ahead(ask.last, youngest.id)) return; // what comes tells whether it follows
  const at = kept.findIndex((t) => t.id === ask.last);
  if (at < 0) tab.postMessage({ kind: 'missed' } satisfies Said);
  else for (const told of kept.slice(at + 1)) tab.postMessage(told);
}

/** ahead reports whether an event is younger than another one of the same start of the server, or that one itself. */
function ahead(a: string, b: string): boolean {
  const [bootA, a1] = a.split('-');
  const [bootB, b1] = b.split('-');
  return bootA === bootB && Number(a1) >= Number(b1);
}

(self as unknown as { onconnect: (e: MessageEvent) => void }).onconnect = (e) => {
  const tab = e.ports[0]!;
  tab.onmessage = (m: MessageEvent<Asked>) => asked(tab, m.data);
};
