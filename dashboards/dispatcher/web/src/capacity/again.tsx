import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { me } from '../me';
import { again, confirmMyself, reasons } from './data';
import { Field, Reasons } from './parts';

/** Again asks for the password where the server wants to know that it is still this person. */
export function Again() {
  return again.value ? <Dialog /> : null;
}

function Dialog() {
  const box = useRef<HTMLDialogElement>(null);
  const [password, setPassword] = useState('');
  const [trouble, setTrouble] = useState<string[]>([]);
  useEffect(() => box.current?.showModal(), []);
  const end = (go: boolean) => again.peek()?.resolve(go);
  async function confirm(e: Event) {
    e.preventDefault();
    try {
      await confirmMyself(password);
      end(true);
    } catch (e) {
      setTrouble(reasons(e));
    }
  }
  return (
    <dialog ref={box} class="order" id="again" aria-label={t('again.title')} onClose={() => end(false)}>
      <form onSubmit={(e) => void confirm(e)}>
        <h2>{t('again.title')}</h2>
        <Field label={t('again.password', { name: me.value.name ?? '' })}>
          <input id="again-password" type="password" required autoComplete="current-password" value={password} onInput={(e) => setPassword(e.currentTarget.value)} />
        </Field>
        <Reasons list={trouble} />
        <div class="order-buttons">
          <button type="button" class="button" onClick={() => box.current?.close()}>{t('steps.cancel.step')}</button>
          <button type="submit" class="button strong" id="again-go">{t('again.go')}</button>
        </div>
      </form>
    </dialog>
  );
}
