// How a wall screen gets in: by the key in its address, and never by a form. What stands
// after # is not sent to any server and so is in no log; it is taken out of the address
// before anything else is done.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from './i18n';
import { Refusal, send } from './me';
import { kiosk } from './route';
import type { Me } from './types';

const again = 15_000;
const trouble = signal('');

const key = kiosk ? location.hash.slice(1) : '';
if (key) history.replaceState(null, '', location.pathname + location.search);
if (kiosk) window.addEventListener('hashchange', () => location.reload()); // another key was pasted behind the address

/** Wall is what a screen shows that may not look: why not. It tries again by itself. */
export function Wall() {
  useEffect(() => {
    void enter();
    const timer = window.setInterval(() => void enter(), again);
    return () => window.clearInterval(timer);
  }, []);
  return (
    <div class="lobby">
      <div class="panel wall">
        <h1><span class="brand">АСУЭ</span></h1>
        <p role="status" id="wall-trouble">{trouble.value || t('trend.loading')}</p>
      </div>
    </div>
  );
}

/** enter hands the key in, or asks whether the screen may look by now. */
async function enter(): Promise<void> {
  try {
    const now: Me = key ? await send('/api/v1/wall', { key }) : await (await fetch('/api/v1/me')).json();
    if (now.may_look) location.reload();
    else trouble.value = t('kiosk.no-key');
  } catch (e) {
    trouble.value = e instanceof Refusal ? (e.status === 401 ? t('kiosk.refused') : e.message) : t('kiosk.silent');
  }
}
