// Signing in, and choosing another password. This file is loaded when it is needed:
// most who look are signed in, or need not be.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from './i18n';
import { me, Refusal, send, signOut } from './me';
import './shared';

const busy = signal(false);
const failed = signal('');

/** SignInDialog asks who wants to sign in, over what may be looked at. */
export function SignInDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="panel door" onClose={onClose} aria-label={t('person.sign_in')}>
      <SignIn />
      <button type="button" class="plain" onClick={() => dialog.current?.close()}>
        {t('person.cancel')}
      </button>
    </dialog>
  );
}

/** Door stands where nothing may be looked at before signing in, or before another password is chosen. */
export function Door() {
  const { must_change, can_sign_in, sign_in_obstacle } = me.value;
  return (
    <div class="lobby">
      <div class="panel door">
        <h1>
          <span class="brand">АСУЭ</span>
        </h1>
        {must_change ? <NewPassword /> : can_sign_in ? <SignIn /> : <p role="alert">{t('person.obstacle', { reason: sign_in_obstacle ?? '' })}</p>}
        {must_change && (
          <button type="button" class="plain" onClick={signOut}>
            {t('person.sign_out')}
          </button>
        )}
      </div>
    </div>
  );
}

function SignIn() {
  return (
    <form
      onSubmit={(e) => {
        const form = fields(e);
        void attempt('/api/v1/login', { name: form('name').trim(), password: form('password') });
      }}
    >
      <Field id="name" label={t('person.name')} kind="text" fill="username" first />
      <Field id="password" label={t('person.password')} kind="password" fill="current-password" />
      <Submit label={t('person.sign_in')} />
    </form>
  );
}

function NewPassword() {
  return (
    <form
      onSubmit={(e) => {
        const form = fields(e);
        if (form('next') !== form('again')) failed.value = t('person.differ');
        else void attempt('/api/v1/me/password', { password: form('password'), next: form('next') });
      }}
    >
      <p>{t('person.must_change')}</p>
      <Field id="password" label={t('person.password')} kind="password" fill="current-password" first />
      <Field id="next" label={t('person.next')} kind="password" fill="new-password" />
      <Field id="again" label={t('person.again')} kind="password" fill="new-password" />
      <Submit label={t('person.change')} />
    </form>
  );
}

function Field(p: { id: string; label: string; kind: 'text' | 'password'; fill: string; first?: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (p.first) input.current?.focus();
  }, []);
  const rest = { ref: input, name: p.id, id: 'door-' + p.id, autocomplete: p.fill, required: true as const, maxLength: 256 };
  return (
    <label>
      <span>{p.label}</span>
      {p.kind === 'password' ? <input type="password" {...rest} /> : <input type="text" {...rest} />}
    </label>
  );
}

function Submit(p: { label: string }) {
  return (
    <>
      <button type="submit" disabled={busy.value}>
        {p.label}
      </button>
      <p role="alert" id="door-failed">
        {failed.value}
      </p>
    </>
  );
}

/** fields keeps the browser from sending a form by itself, and reads it. */
function fields(e: Event): (name: string) => string {
  e.preventDefault();
  const data = new FormData(e.currentTarget as HTMLFormElement);
  return (name) => String(data.get(name) ?? '');
}

async function attempt(path: string, body: unknown): Promise<void> {
  busy.value = true;
  failed.value = '';
  try {
    await send(path, body);
    location.reload();
  } catch (e) {
    failed.value = words(e);
    busy.value = false;
  }
}

function words(e: unknown): string {
  if (!(e instanceof Refusal)) return t('person.failed', { reason: String(e) });
  if (e.status === 401) return t('person.wrong');
  if (e.status === 429) return t('person.wait', { seconds: String(e.wait) });
  return t('person.failed', { reason: e.message });
}
