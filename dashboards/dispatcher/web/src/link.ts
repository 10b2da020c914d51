// The live stream as a tab sees it: opens it, comes back when it breaks, and says within
// three seconds when it is silent.
import { batch } from '@preact/signals';
import { askWhoIAm } from './me';
import { lostFor, reached, serverNow, site, takeDelta, takeSnapshot } from './store';
import type { Asked, Said } from './stream';

/** The stream speaks once a second; two missed beats and a half are silence. */
const silence = 2500;
const giveUp = 8000; // a stream that is open and silent so long is opened anew
const nobodyLooks = 10_000;

let heardAt = performance.now();
let askedAt = 0;
let away = false;
let hiddenTimer: number | undefined;
let line: (ask: Asked) => void;

export function connect(): void {
  line = shared() ?? own();
  ask({ last: last() });
  window.setInterval(watch, 500);
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', (e) => e.persisted && comeBack());
  document.addEventListener('visibilitychange', () => {
    window.clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = window.setTimeout(leave, nobodyLooks);
    else comeBack();
  });
}

const last = () => `${reached.boot}-${reached.seq}`;

function ask(what: Asked): void {
  askedAt = performance.now();
  line(what);
}

function leave(): void {
  away = true;
  line({ leave: true });
}

function comeBack(): void {
  if (!away) return;
  away = false;
  ask({ last: last() });
}

/** shared is the line to the stream that all tabs of the browser have together; null where the browser knows no such thing. */
function shared(): typeof line | null {
  if (!('SharedWorker' in window)) return null;
  try {
    const worker = new SharedWorker('/stream.js', document.documentElement.dataset.bundle);
    worker.onerror = () => {
      line = own();
      ask({ last: last() });
    };
    worker.port.onmessage = (e: MessageEvent<Said>) => heard(e.data);
    return (what) => worker.port.postMessage(what);
  } catch {
    return null;
  }
}

/** own is a stream for this tab alone. */
function own(): typeof line {
  let source: EventSource | null = null;
  const open = (from: string) => {
    const opened = new EventSource('/api/v1/live?last=' + encodeURIComponent(from));
    source = opened;
    for (const kind of ['snapshot', 'delta'] as const) {
      opened.addEventListener(kind, (e) => heard({ kind, id: (e as MessageEvent<string>).lastEventId, data: (e as MessageEvent<string>).data }));
    }
    opened.onerror = () => heard({ kind: 'broken' });
  };
  return (what) => {
    source?.close();
    source = null;
    if (!('leave' in what)) open('anew' in what ? what.anew : what.last);
  };
}

function heard(said: Said): void {
  switch (said.kind) {
    case 'broken':
      void askWhoIAm(); // the session may be over, and the stream with it
      return;
    case 'missed':
      void catchUp();
      return;
    case 'snapshot':
      return live(() => takeSnapshot(JSON.parse(said.data)));
    case 'delta':
      return live(() => takeDelta(JSON.parse(said.data)) || catchUp());
  }
}

let catching = false;

/** catchUp asks for all there is, where events are missing, and goes on from there. */
async function catchUp(): Promise<void> {
  if (catching) return;
  catching = true;
  try {
    const answer = await fetch('/api/v1/snapshot');
    if (!answer.ok) return;
    const all = await answer.json();
    live(() => takeSnapshot(all));
    ask({ last: last() });
  } catch {
    // no connection: the header says so, and the watch asks again
  } finally {
    catching = false;
  }
}

function live(take: () => void): void {
  heardAt = performance.now();
  batch(() => {
    take();
    lostFor.value = null;
  });
}

function watch(): void {
  const now = performance.now();
  const silent = now - heardAt;
  if (silent < silence) return;
  const seconds = Math.floor(silent / 1000);
  if (lostFor.peek() !== seconds) {
    batch(() => {
      // Ages go on while nobody tells the time.
      serverNow.value += (seconds - (lostFor.peek() ?? 0)) * 1000 * site.peek().speed;
      lostFor.value = seconds;
    });
  }
  if (!away && silent > giveUp && now - askedAt > giveUp) ask({ anew: last() });
}
