// What the views of capacity share: signs, labelled fields, what is said when nothing
// came.
import type { ComponentChildren } from 'preact';
import { langs, t } from '../i18n';
import { reworded } from '../said';
import type { Answer } from './data';
import { classShape, classWord } from './words';

/** ClassSign is a class as shape, letter and word; colour only helps. */
export function ClassSign({ of, bare }: { of: string; bare?: boolean }) {
  return (
    <span class="cap-class" data-class={of} title={t(`classrule.${of}`)}>
      <i aria-hidden="true">
        {classShape(of)}
        {t(`class.${of}.letter`)}
      </i>{' '}
      {!bare && classWord(of)}
      {bare && <span class="sr">{classWord(of)}</span>}
    </span>
  );
}

/** State says that an answer did not come or is on its way; that it is old, where there is one. */
export function State({ answer }: { answer: Answer<unknown> }) {
  if (answer.failure) {
    return (
      <p class={answer.data ? 'cap-old' : 'muted empty failed'} role="alert">
        {answer.data ? t('capacity.old', { reason: reworded(answer.failure) }) : t('books.failed', { reason: reworded(answer.failure) })}
      </p>
    );
  }
  return answer.data || !answer.asking ? null : <p class="muted empty">{t('trend.loading')}</p>;
}

/** Field is a labelled input; its hint says what is wanted. */
export function Field({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {hint && <small class="muted">{hint}</small>}
    </label>
  );
}

/** Choose is a list of words in a field. */
export function Choose(p: { id: string; value: string; options: [value: string, text: string][]; onChoose: (v: string) => void; empty?: string }) {
  return (
    <select id={p.id} value={p.value} onChange={(e) => p.onChoose(e.currentTarget.value)}>
      {p.empty !== undefined && (
        <option value="" selected={!p.value}>
          {p.empty}
        </option>
      )}
      {p.options.map(([v, text]) => (
        <option key={v} value={v} selected={v === p.value}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** Picked is the same beside a small label, as the bars of choice have it. */
export function Picked(p: { id: string; label: string; value: string; options: [value: string, text: string][]; onChoose: (v: string) => void; empty?: string }) {
  return (
    <label class="select">
      <span>{p.label}</span>
      <Choose {...p} />
    </label>
  );
}

/** Languages are links to a paper in each language, to be printed and as a table. */
export function Languages({ of, href }: { of: string; href: (format: string, lang: string) => string }) {
  return (
    <>
      {langs.map((l) => (
        <span key={l} class="cap-lang">
          {(['html', 'xlsx'] as const).map((format) => (
            <a key={format} data-paper={`${of}-${l}-${format}`} href={href(format, l)} aria-label={`${t('paper.' + format)} ${l}`} title={`${t('paper.' + format)} ${l}`} target={format === 'html' ? '_blank' : undefined} rel="noopener">
              {format === 'html' ? l.toUpperCase() : 'xlsx'}
            </a>
          ))}
        </span>
      ))}
    </>
  );
}

/** Every shows all nodes of a tree, those too that say nothing of their own. */
export function Every({ on, id, onChange }: { on: boolean; id: string; onChange: (on: boolean) => void }) {
  return (
    <label class="check cap-every">
      <input type="checkbox" id={id} checked={on} onChange={(e) => onChange(e.currentTarget.checked)} /> {t('tree.every')}
    </label>
  );
}

/** Reasons lists a refusal whole. */
export function Reasons({ list, id }: { list: string[]; id?: string }) {
  if (!list.length) return null;
  return (
    <div class="trouble" id={id} role="alert">
      {list.length === 1 ? <p>{list[0]}</p> : <ul>{list.map((r) => <li key={r}>{r}</li>)}</ul>}
    </div>
  );
}

/** Facts is a list of labelled values; what is undefined is left out. */
export function Facts({ list }: { list: [label: string, value: ComponentChildren | undefined, key?: string][] }) {
  return (
    <dl class="facts">
      {list.map(([label, value, key]) =>
        value === undefined ? null : (
          <div key={key ?? label} data-fact={key}>
            <dt>{label}</dt>
            <dd class="num">{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
