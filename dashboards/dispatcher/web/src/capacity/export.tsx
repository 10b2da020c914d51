import { decimal, t } from '../i18n';
import { query } from './data';
import { save, workbook, type Cell } from './files';
import { Languages } from './parts';
import type { ConditionRow, ConditionsView } from './types';
import { classWord, lastDay, lastOf } from './words';

/** Export hands over what is shown, and the season's report of all. */
export function Export({ view, rows }: { view: ConditionsView; rows: ConditionRow[] }) {
  const name = () => `tu-${lastOf(view.to)}`;
  const table = (): Cell[][] => [
    [t('column.name'), t('column.node'), `${t('column.tu')}, ${t('unit.kW')}`, `${t('column.need')}, ${t('unit.kW')}`, t('column.utilisation'), t('column.class'), `${t('column.retain')}, ${t('unit.kW')}`,
      `${t('column.reclaim')}, ${t('unit.kW')}`, t('column.coverage'), t('conditions.case'), t('export.until'), 'SHA-256'],
    ...rows.map((r): Cell[] => [
      r.name, r.node_name, r.tu_w / 1e3, r.need_w === undefined ? '' : r.need_w / 1e3, r.utilisation ?? '', classWord(r.class), r.retain_w === undefined ? '' : r.retain_w / 1e3,
      r.reclaim_w === undefined ? '' : r.reclaim_w / 1e3, r.coverage, r.case ?? '', lastDay(view.to), r.evidence_sha256,
    ]),
  ];
  return (
    <div class="cap-export">
      <span class="muted">{t('export.shown')}</span>
      <button type="button" class="button" id="export-csv" onClick={() => save(name() + '.csv', 'text/csv', new TextEncoder().encode(csv(table())))}>CSV</button>
      <button type="button" class="button" id="export-xlsx" onClick={() => save(name() + '.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', workbook(t('conditions.title'), table()))}>XLSX</button>
      <span class="muted">{t('export.season')}</span>
      <Languages of="season" href={(format, lang) => query('season', { as_of: lastOf(view.to), format, lang })} />
    </div>
  );
}

/** csv is read by spreadsheets of the reader's language: semicolons, its decimal sign, and no text that they would take for a formula. */
function csv(rows: Cell[][]): string {
  const digits = (x: number) => decimal(x, Math.min(4, `${x}`.split('.')[1]?.length ?? 0)).replace(/\s/g, '');
  const cell = (c: Cell) => (typeof c === 'number' ? digits(c) : `"${(/^[=+\-@\t\r]/.test(c) ? "'" + c : c).replaceAll('"', '""')}"`);
  return '\ufeff' + rows.map((r) => r.map(cell).join(';')).join('\r\n') + '\r\n';
}
