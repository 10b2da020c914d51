import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { load, named, t } from './i18n';
import { style } from './later';
import { me, signOut } from './me';

const open = signal(false);
const door = signal<typeof import('./door') | null>(null);
const failure = signal('');

function useDoor(): typeof door.value {
  useEffect(() => {
    Promise.all([import('./door'), style(), load('said', 'door')]).then(
      ([loaded]) => (door.value = loaded),
      (e) => (failure.value = String(e)),
    );
  }, []);
  return door.value;
}

/** Person says who has signed in, and lets sign in and out. */
export function Person() {
  const { name, role, can_sign_in } = me.value;
  if (name) {
    return (
      <div class="person" id="person">
        <span>
          {name} <span class="muted">{named('role.', role ?? '')}</span>
        </span>
        <button type="button" id="sign-out" onClick={signOut}>
          {t('person.sign_out')}
        </button>
      </div>
    );
  }
  if (!can_sign_in) return null;
  return (
    <div class="person" id="person">
      <button type="button" id="sign-in" onClick={() => (open.value = true)}>
        {t('person.sign_in')}
      </button>
      {open.value && <Dialog />}
    </div>
  );
}

function Dialog() {
  const loaded = useDoor();
  return loaded ? <loaded.SignInDialog onClose={() => (open.value = false)} /> : <Waiting />;
}

/** Door stands where nothing may be looked at before signing in, or before another password is chosen. */
export function Door() {
  const loaded = useDoor();
  return loaded ? <loaded.Door /> : <Waiting />;
}

const Waiting = () => <p role="alert">{failure.value && t('books.failed', { reason: failure.value })}</p>;
