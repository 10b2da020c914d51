// Where the reader is: which view, and what is chosen in it. It stands in the
// address, so that a view can be sent to somebody else and the browser's arrows work.
import { signal } from '@preact/signals';

/** Choice is what is chosen in a view; what is undefined or empty is left out of the address. */
export type Choice = Record<string, string | undefined>;

export interface Route {
  view: string;
  chosen: Record<string, string>;
}

export const views = ['shift', 'alarms', 'log', 'control', 'network', 'capacity', 'profile', 'completeness', 'findings', 'balance', 'media', 'reports', 'residents', 'resident', 'system'] as const;

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
