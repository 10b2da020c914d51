// A map of days by points, drawn on a canvas because a quarter of a year of a zone
// has more than ten thousand cells. One cell has the keyboard's focus; arrows move
// it, Enter opens it, and what it says is written beside it.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import { lang, t } from '../i18n';
import { rows as residents } from '../store';
import { theme } from '../theme';
import { shortDay, longDay, weekday } from './days';
import { paint, worstOf } from './heatpaint';
import type { Completeness, CompletenessRow } from './types';
import { gradeWord, graded, share } from './words';

const rowHeight = 24;
const headHeight = 22;

interface Spot {
  row: number;
  day: number;
}

export function Heat(p: { days: Completeness['days']; rows: CompletenessRow[]; onOpen: (row: CompletenessRow, day?: string) => void }) {
  const { days, rows } = p;
  const canvas = useRef<HTMLCanvasElement>(null);
  const field = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  const at = useMemo(() => signal<Spot | null>(null), []);
  const byKeys = useRef(false);
  const cell = Math.max(9, Math.floor((width - 2) / days.length));
  useEffect(() => {
    const el = field.current!.parentElement!;
    const size = new ResizeObserver(() => setWidth(el.clientWidth));
    size.observe(el);
    return () => size.disconnect();
  }, []);
  useEffect(() => {
    const draw = () => paint(canvas.current!, days, rows, { cell, rowHeight, headHeight });
    draw();
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', draw);
    return () => system.removeEventListener('change', draw);
  }, [days, rows, cell, theme.value, lang.value]);
  const find = (e: PointerEvent | MouseEvent): Spot | null => {
    const day = Math.floor(e.offsetX / cell);
    const row = Math.floor((e.offsetY - headHeight) / rowHeight);
    return rows[row] && days[day] ? { row, day } : null;
  };
  const byKey = (e: KeyboardEvent) => {
    const s = at.value ?? { row: 0, day: days.length - 1 };
    const last = days.length - 1;
    const to: Spot | undefined = {
      ArrowUp: { row: Math.max(0, s.row - 1), day: s.day },
      ArrowDown: { row: Math.min(rows.length - 1, s.row + 1), day: s.day },
      ArrowLeft: { row: s.row, day: Math.max(0, s.day - 1) },
      ArrowRight: { row: s.row, day: Math.min(last, s.day + 1) },
      Home: { row: s.row, day: 0 },
      End: { row: s.row, day: last },
    }[e.key];
    if (to) {
      byKeys.current = true;
      at.value = at.value ? to : s;
      e.preventDefault();
    } else if (e.key === 'Enter') p.onOpen(rows[s.row]!, days[s.day]!.date);
  };
  const s = at.value;
  useEffect(() => {
    // The pointer is where the cell is; the keyboard may have left the window.
    if (byKeys.current) field.current!.querySelector('.spot')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    byKeys.current = false;
  }, [s]);
  const row = s && rows[s.row];
  const date = s && days[s.day]?.date;
  return (
    <div class="heat">
      <ol class="heat-names">
        {rows.map((r) => (
          <li key={r.point + r.channel} class={s && rows[s.row] === r ? 'on' : undefined}>
            <button type="button" class="link" onClick={() => p.onOpen(r, undefined)} title={nameOf(r)} data-point={r.point}>
              {nameOf(r)}
            </button>
            <span class="num muted">
              {r.missed > 0 && <span title={t('completeness.missed')}>✕ {r.missed}</span>} {r.stood_in > 0 && <span title={t('completeness.stood')}>≈ {r.stood_in}</span>}
            </span>
          </li>
        ))}
      </ol>
      <div class="heat-scroll">
        <div
          class="heat-field"
          ref={field}
          tabIndex={0}
          role="group"
          aria-label={t('completeness.map')}
          aria-describedby="heat-cell"
          style={`width:${cell * days.length}px;height:${headHeight + rows.length * rowHeight}px`}
          onKeyDown={byKey}
          onFocus={() => (at.value ??= { row: 0, day: days.length - 1 })}
          onPointerMove={(e) => (at.value = find(e))}
          onPointerLeave={() => (at.value = null)}
          onClick={(e) => {
            const spot = find(e);
            if (spot) p.onOpen(rows[spot.row]!, days[spot.day]!.date);
          }}
        >
          <canvas ref={canvas} aria-hidden="true" />
          {s && <i class="spot" style={`left:${s.day * cell}px;top:${headHeight + s.row * rowHeight}px;width:${cell}px;height:${rowHeight}px`} />}
          {row && date && (
            <p class="tip num" aria-hidden="true" style={`${s.day > days.length / 2 ? `right:${(days.length - s.day) * cell + 6}px` : `left:${(s.day + 1) * cell + 6}px`};top:${headHeight + Math.max(0, s.row - 1) * rowHeight}px`}>
              <Cell row={row} day={s.day} date={date} />
            </p>
          )}
        </div>
      </div>
      <p class="heat-cell num" id="heat-cell" role="status">
        {row && date ? <Cell row={row} day={s.day} date={date} /> : <span class="muted">{t('completeness.hint', { from: shortDay(days[0]!.date), to: shortDay(days.at(-1)!.date) })}</span>}
      </p>
    </div>
  );
}

export function nameOf(r: CompletenessRow): string {
  const resident = residents.peek().find((x) => x.id === r.resident)?.fixed.peek().name;
  const own = r.name && r.name !== r.point ? r.name : r.point;
  return resident && r.medium === 'electricity' ? `${resident} · ${r.point}` : own;
}

/** Cell is what the cell under the pointer or the focus says. */
function Cell({ row, day, date }: { row: CompletenessRow; day: number; date: string }) {
  const c = row.days[day]!;
  const due = c.n.reduce((a, b) => a + b, 0);
  const worst = worstOf(c.n);
  return (
    <>
      <b>{nameOf(row)}</b>, {longDay(date)}, {weekday(date)}:{' '}
      {due === 0
        ? t('completeness.nothing')
        : [...graded, 'missing']
            .map((g, i) => ({ g, n: c.n[i]!, share: c.share?.[i] }))
            .filter((x) => x.n > 0)
            .map((x) => (
              <span class="part" key={x.g}>
                <i class={`grade g-${x.g}`}>{x.g === 'missing' ? '–' : x.g}</i> {x.g === 'missing' ? t('completeness.missing') : gradeWord(x.g)} {x.n}
                {x.share ? ` (${share(x.share)})` : ''}
              </span>
            ))}
      {worst === 'A' && ` ${t('completeness.whole')}`}
    </>
  );
}
