// The live stream: opens it, comes back when it breaks, and says within three
// seconds when it is silent.
import { batch } from '@preact/signals';
import { askWhoIAm } from './me';
import { lostFor, reached, serverNow, site, takeDelta, takeSnapshot } from './store';

/** The stream speaks once a second; two missed beats and a half are silence. */
const silence = 2500;
const comeBack = 2000;
const giveUp = 8000; // a stream that is open and silent so long is opened anew

let source: EventSource | null = null;
let heardAt = performance.now();
let openedAt = 0;
let hiddenTimer: number | undefined;

export function connect(): void {
  open();
  window.setInterval(watch, 500);
  document.addEventListener('visibilitychange', () => {
    window.clearTimeout(hiddenTimer);
    if (!document.hidden) {
      if (!source) open();
      return;
    }
    // HTTP/1.1 allows six connections to a server: tabs that nobody looks at give theirs back.
    hiddenTimer = window.setTimeout(close, 10_000);
  });
}

function open(from = `${reached.boot}-${reached.seq}`): void {
  close();
  openedAt = performance.now();
  const opened = new EventSource('/api/v1/live?last=' + encodeURIComponent(from));
  source = opened;
  opened.addEventListener('snapshot', (e) => {
    heard(() => takeSnapshot(JSON.parse((e as MessageEvent<string>).data)));
  });
  opened.addEventListener('delta', (e) => {
    heard(() => {
      if (!takeDelta(JSON.parse((e as MessageEvent<string>).data))) open('none');
    });
  });
  opened.onerror = () => {
    // The browser comes back by itself unless the server has refused outright.
    void askWhoIAm(); // the session may be over, and the stream with it
    if (opened.readyState !== EventSource.CLOSED) return;
    window.setTimeout(() => source === opened && open(), comeBack);
  };
}

function close(): void {
  source?.close();
  source = null;
}

function heard(take: () => void): void {
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
  if (source && silent > giveUp && now - openedAt > giveUp) open();
}
