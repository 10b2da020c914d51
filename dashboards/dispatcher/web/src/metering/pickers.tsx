// The controls that the views share: which days, which point.
import { named, t } from '../i18n';
import { rows } from '../store';
import { choose } from '../route';
import { bounds, isDay, longDay, neighbour, spans, today, type Span } from './days';
import { points } from './data';

/** useSpan reads the chosen span and day. */
export function chosenSpan(chosen: Record<string, string>, usual: Span = 'day'): { span: Span; day: string; from: string; to: string } {
  const span = spans.find((s) => s === chosen.span) ?? usual;
  const day = isDay(chosen.day) ? chosen.day : today();
  return { span, day, ...bounds(span, day) };
}

/** SpanPicker goes through days, weeks and months. */
export function SpanPicker({ span, day }: { span: Span; day: string }) {
  const { to } = bounds(span, day);
  return (
    <div class="pick">
      <div class="switch" role="group" aria-label={t('span.label')}>
        {spans.map((s) => (
          <button type="button" key={s} aria-pressed={s === span} onClick={() => choose({ span: s, at: undefined })} data-span={s}>
            {t('span.' + s)}
          </button>
        ))}
      </div>
      <div class="switch" role="group" aria-label={t('span.day')}>
        <button type="button" aria-label={t('span.before')} title={t('span.before')} onClick={() => choose({ day: neighbour(span, day, -1), at: undefined })} data-step="-1">
          ◀
        </button>
        <input
          type="date"
          aria-label={t('span.day')}
          value={day}
          max={today()}
          onChange={(e) => isDay(e.currentTarget.value) && choose({ day: e.currentTarget.value, at: undefined })}
        />
        <button
          type="button"
          aria-label={t('span.after')}
          title={t('span.after')}
          disabled={to > today()}
          onClick={() => choose({ day: neighbour(span, day, 1), at: undefined })}
          data-step="1"
        >
          ▶
        </button>
      </div>
    </div>
  );
}

export function spanTitle(span: Span, day: string): string {
  const { from, to } = bounds(span, day);
  return span === 'day' ? longDay(day) : `${longDay(from)} – ${longDay(new Date(Date.parse(to) - 86_400_000).toISOString().slice(0, 10))}`;
}

/** Select is a labelled list of words. */
export function Select(p: { id: string; label: string; value: string; options: { value: string; text: string }[]; onChoose: (value: string) => void }) {
  return (
    <label class="select">
      <span>{p.label}</span>
      <select id={p.id} value={p.value} onChange={(e) => p.onChoose(e.currentTarget.value)}>
        {p.options.map((o) => (
          <option key={o.value} value={o.value} selected={o.value === p.value}>
            {o.text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** SubjectPicker chooses a resident or a single point. */
export function SubjectPicker({ resident, point }: { resident?: string; point?: string }) {
  const value = resident ? 'r:' + resident : 'p:' + (point ?? '');
  const pick = (v: string) =>
    choose({ resident: v.startsWith('r:') ? v.slice(2) : undefined, point: v.startsWith('p:') ? v.slice(2) : undefined, channel: undefined, at: undefined });
  return (
    <label class="select subject">
      <span>{t('profile.subject')}</span>
      <select id="subject" value={value} onChange={(e) => pick(e.currentTarget.value)}>
        <optgroup label={t('residents.title')}>
          {rows.value
            .filter((r) => r.fixed.value.points.length > 0)
            .map((r) => (
              <option key={r.id} value={'r:' + r.id} selected={value === 'r:' + r.id}>
                {r.fixed.value.name}
              </option>
            ))}
        </optgroup>
        <optgroup label={t('profile.points')}>
          {points.value.map((p) => (
            <option key={p.id} value={'p:' + p.id} selected={value === 'p:' + p.id}>
              {p.name && p.name !== p.id ? `${p.name} (${p.id})` : p.id}
              {p.medium !== 'electricity' ? ` · ${named('medium.', p.medium)}` : ''}
            </option>
          ))}
        </optgroup>
      </select>
    </label>
  );
}

/** Trouble says that an answer did not come, or is on its way. */
export function Trouble({ failure, asking, empty }: { failure?: string; asking: boolean; empty?: string }) {
  if (failure) return <p class="muted empty failed" role="alert">{t('books.failed', { reason: failure })}</p>;
  if (asking) return <p class="muted empty">{t('trend.loading')}</p>;
  return empty ? <p class="muted empty">{empty}</p> : null;
}
