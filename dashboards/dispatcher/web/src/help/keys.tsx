import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { allowSingle, helpOpen, single } from '../keys';

const list = [
  ['Alt+1 … Alt+8', 'help.pages'],
  ['Alt+K', 'help.acknowledge'],
  ['Alt+M', 'help.silence'],
  ['/', 'help.filter'],
  ['?', 'help.keys'],
  ['← ↑ → ↓', 'help.arrows'],
  ['Esc', 'help.escape'],
] as const;

/** Help is the dialog with the keys, over any view. */
export function Help() {
  return helpOpen.value ? <Keys /> : null;
}

function Keys() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="panel help" id="help" aria-labelledby="help-title" onClose={() => (helpOpen.value = false)}>
      <h2 id="help-title">{t('help.title')}</h2>
      <dl>
        {list.map(([key, what]) => (
          <div key={key}>
            <dt><kbd>{key}</kbd></dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" id="help-single" checked={single.value} onChange={(e) => allowSingle(e.currentTarget.checked)} /> {t('help.single')}
      </label>
      <form method="dialog">
        <button type="submit" class="button" id="help-close">{t('help.close')}</button>
      </form>
    </dialog>
  );
}
