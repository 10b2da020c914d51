// Who looks: what the server says of the browser, and what a person does about it.
import { signal } from '@preact/signals';
import type { Me, Snapshot } from './types';

/** begin is what stands in the page: who looks, and if he may look, what there is to see. */
export const begin: Partial<Snapshot> & { me: Me } = JSON.parse(document.getElementById('boot')!.textContent!);

export const me = signal<Me>(begin.me);

/** Refusal is an answer that is not what was asked for. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly wait: number,
    detail: string,
  ) {
    super(detail);
  }
}

/** send posts JSON, and gives back the answer's. */
export async function send<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const said = await answer.json();
  if (answer.ok) return said;
  const first = said.errors?.[0]?.message;
  throw new Refusal(answer.status, Number(answer.headers.get('Retry-After') ?? 0), first ?? said.detail ?? String(answer.status));
}

/** signOut ends the session and begins the page anew. */
export async function signOut(): Promise<void> {
  await send('/api/v1/logout', {}).catch(() => undefined);
  location.reload();
}

/** askWhoIAm finds out whether the session still lives; the page begins anew if it is another one. */
export async function askWhoIAm(): Promise<void> {
  try {
    const answer = await fetch('/api/v1/me');
    if (!answer.ok) return;
    const now: Me = await answer.json();
    if (now.name !== me.peek().name || now.may_look !== me.peek().may_look) location.reload();
    else me.value = now;
  } catch {
    // no connection: the header says so
  }
}

/** stayWhileUsed tells the server that somebody is there, once a minute at most. */
export function stayWhileUsed(): void {
  let told = performance.now();
  for (const kind of ['pointerdown', 'keydown']) {
    document.addEventListener(kind, () => {
      if (!me.peek().name || performance.now() - told < 60_000) return;
      told = performance.now();
      void askWhoIAm();
    });
  }
}
