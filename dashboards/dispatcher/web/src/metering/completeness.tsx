import { useMemo } from 'preact/hooks';
import { signal } from '@preact/signals';
import { lang, named, plural, t } from '../i18n';
import { choose, go, route } from '../route';
import { rows as residents } from '../store';
import { query, useAnswer } from './data';
import { addDays, today } from './days';
import { Heat } from './heat';
import { Select, Trouble } from './pickers';
import type { Completeness, CompletenessRow } from './types';

const lengths = ['14', '31', '92'];
const words = signal('');

/** CompletenessView is which days of which points can be billed as they are: a map of days by points. */
export function CompletenessView() {
  const { chosen } = route.value;
  const days = lengths.find((l) => l === chosen.days) ?? '31';
  const to = addDays(today(), 1);
  const answer = useAnswer<Completeness>(query('completeness', { from: addDays(to, -Number(days)), to }), 60).value;
  const data = answer.data;
  const sort = chosen.sort ?? 'worst';
  const shown = useMemo(
    () => (data ? arranged(data.points, sort, chosen.role, chosen.medium, words.value) : []),
    [data, sort, chosen.role, chosen.medium, words.value, lang.value],
  );
  return (
    <>
      <section class="panel bar-of-choice" aria-label={t('books.choice')}>
        <div class="switch" role="group" aria-label={t('completeness.length')}>
          {lengths.map((l) => (
            <button type="button" key={l} aria-pressed={l === days} onClick={() => choose({ days: l })} data-days={l}>
              {plural('completeness.days', Number(l))}
            </button>
          ))}
        </div>
        <Select
          id="sort"
          label={t('completeness.sort')}
          value={sort}
          options={['worst', 'site', 'name'].map((s) => ({ value: s, text: t('completeness.sort.' + s) }))}
          onChoose={(s) => choose({ sort: s }, true)}
        />
        <Select id="role" label={t('completeness.role')} value={chosen.role ?? ''} options={among(data, (p) => p.role, 'role.')} onChoose={(role) => choose({ role }, true)} />
        <Select id="medium" label={t('completeness.medium')} value={chosen.medium ?? ''} options={among(data, (p) => p.medium, 'medium.')} onChoose={(medium) => choose({ medium }, true)} />
        <input type="search" id="find-point" placeholder={t('completeness.find')} aria-label={t('completeness.find')} value={words} onInput={(e) => (words.value = e.currentTarget.value)} />
      </section>
      <section class="panel" id="completeness" aria-labelledby="completeness-title" data-asking={answer.asking}>
        <div class="head">
          <h2 id="completeness-title">
            {t('completeness.title')} {data && <span class="count">{plural('completeness.points', shown.length)}</span>}
          </h2>
          <Legend />
        </div>
        {!data && <Trouble failure={answer.failure} asking={answer.asking} />}
        {data && shown.length === 0 && <p class="muted empty">{t('completeness.none')}</p>}
        {data && shown.length > 0 && <Heat days={data.days} rows={shown} onOpen={open} />}
      </section>
    </>
  );
}

function open(row: CompletenessRow, day: string | undefined): void {
  go('profile', { point: row.point, channel: row.channel, span: 'day', day: day ?? today() });
}

/** among lists the words that occur, with one for all of them. */
function among(data: Completeness | undefined, of: (p: CompletenessRow) => string, prefix: string) {
  const found = [...new Set((data?.points ?? []).map(of))];
  return [{ value: '', text: t('books.all') }, ...found.map((v) => ({ value: v, text: named(prefix, v) }))];
}

function arranged(list: CompletenessRow[], sort: string, role: string | undefined, medium: string | undefined, find: string): CompletenessRow[] {
  const wanted = find.toLocaleLowerCase().trim();
  const names = new Map(residents.peek().map((r) => [r.id, r.fixed.peek().name]));
  const shown = list.filter(
    (p) =>
      (!role || p.role === role) &&
      (!medium || p.medium === medium) &&
      (!wanted || `${p.point} ${p.name} ${names.get(p.resident ?? '') ?? ''}`.toLocaleLowerCase().includes(wanted)),
  );
  if (sort === 'site') return shown;
  const order = new Intl.Collator([lang.peek(), 'ru'], { numeric: true });
  const byName = (a: CompletenessRow, b: CompletenessRow) => order.compare(a.name || a.point, b.name || b.point);
  if (sort === 'name') return shown.sort(byName);
  return shown.sort((a, b) => b.missed - a.missed || b.stood_in - a.stood_in || byName(a, b));
}

function Legend() {
  return (
    <ul class="keys-of-grades">
      {(['A', 'S', 'E', 'missing'] as const).map((g) => (
        <li key={g}>
          <i class={`grade g-${g}`}>{g === 'missing' ? 'N' : g}</i> {t('completeness.key.' + g)}
        </li>
      ))}
    </ul>
  );
}
