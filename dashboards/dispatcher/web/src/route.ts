// Where the reader is: which view, and what is chosen in it. It stands in the
// address, so that a view can be sent to somebody else and the browser's arrows work.
import { signal } from '@preact/signals';

/** Choice is what is chosen in a view; what is undefined or empty is left out of the address. */
export type Choice = Record<string, string | undefined>;

export interface Route {
  view: string;
  chosen: Record<string, string>;
}

/** pages are the eight pages in the order of their keys, Alt+1 to Alt+8, each with its views. A page begins at its first view. */
export const pages = [
  { page: 'shift', views: ['shift', 'network', 'control'] },
  { page: 'alarms', views: ['alarms'] },
  { page: 'residents', views: ['residents', 'resident', 'profile'] },
  { page: 'capacity', views: ['capacity'] },
  { page: 'balances', views: ['balance', 'findings', 'completeness', 'media'] },
  { page: 'log', views: ['log'] },
  { page: 'reports', views: ['reports'] },
  { page: 'system', views: ['system'] },
] as const;

export const views = pages.flatMap((p): readonly string[] => p.views);

/** pageOf is the page that a view belongs to. */
export const pageOf = (view: string) => pages.find((p) => (p.views as readonly string[]).includes(view)) ?? pages[0];

/** kiosk: this is a wall screen. It shows one picture, has no controls and stays so until it is closed. */
export const kiosk = new URLSearchParams(location.search).get('kiosk') === '1';

function read(): Route {
  const { view = 'shift', ...chosen } = Object.fromEntries(new URLSearchParams(location.search));
  return { view: views.find((v) => v === view) ?? 'shift', chosen };
}

export const route = signal<Route>(read());
window.addEventListener('popstate', () => (route.value = read()));

/** address is the link to a view. */
export function address(view: string, chosen: Choice = {}): string {
  const query = new URLSearchParams();
  if (view !== 'shift') query.set('view', view);
  for (const [name, value] of Object.entries(chosen)) if (value) query.set(name, value);
  const text = query.toString();
  return text ? '/?' + text : '/';
}

/** go shows another view. */
export function go(view: string, chosen: Choice = {}): void {
  history.pushState(null, '', address(view, chosen));
  route.value = read();
}

/** choose changes something within the view. Small changes do not fill the browser's history. */
export function choose(change: Choice, small = false): void {
  const { view, chosen } = route.peek();
  history[small ? 'replaceState' : 'pushState'](null, '', address(view, { ...chosen, ...change }));
  route.value = read();
}

/** follow lets a link be followed within the page, unless the reader wants it in another tab. */
export function follow(view: string, chosen: Choice = {}) {
  return {
    href: address(view, chosen),
    onClick: (e: MouseEvent) => {
      if (e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
      e.preventDefault();
      go(view, chosen);
    },
  };
}
