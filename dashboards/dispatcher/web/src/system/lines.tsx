import { useState } from 'preact/hooks';
import { dash, percent } from '../format';
import { decimal, t } from '../i18n';
import { me } from '../me';
import { follow } from '../route';
import { ask, bytes, useAnswer, type Line } from './data';
import { Link, Panel, Table, Trouble } from './parts';

/** Lines are the communication lines: connected or not, how busy, what goes wrong on them. */
export function Lines() {
  const answer = useAnswer<{ lines: Line[] }>('system/lines', 5).value;
  const [traced, setTraced] = useState('');
  const engineer = !!me.value.name && ['engineer', 'admin'].includes(me.value.role ?? '');
  return (
    <>
      <Panel id="lines-panel" title={t('system.tab.lines')} at={answer.at}>
        <Trouble answer={answer} />
        {answer.data && (
          <Table label="lines-panel-title" columns={[['system.line'], ['system.state'], ['system.load', 'right'], ['system.errors', 'right'], ['system.remarks', 'reason'], ['system.tab.meters', 'right']]}>
            {answer.data.lines.map((l) => (
              <Row key={l.id} l={l} onTrace={engineer && l.polled ? () => setTraced(l.id) : undefined} />
            ))}
          </Table>
        )}
      </Panel>
      {traced && <Trace key={traced} line={traced} />}
    </>
  );
}

function Row({ l, onTrace }: { l: Line; onTrace?: () => void }) {
  const r = l.requests;
  const failed = r ? r.failures + r.unreachable + r.exceptions : 0;
  const total = r ? failed + r.ok : 0;
  const remarks = ([['overruns', l.overruns], ['reconnects', l.reconnects], ['late', l.late_answers]] as const).filter(([, n]) => n).map(([key, n]) => t('system.line.' + key, { n: decimal(n!, 0) }));
  if (l.drained_bytes) remarks.push(t('system.line.drained', { n: bytes(l.drained_bytes) }));
  return (
    <tr data-line={l.id}>
      <th scope="row">
        {l.name || l.id} {l.name && <span class="muted">{l.id}</span>} {l.url && <span class="muted num">{l.url}</span>}
      </th>
      <td>{l.polled ? <Link up={!l.down} /> : <span class="muted">{t('system.elsewhere')}</span>}</td>
      <td class="right num" data-label={t('system.load')}>{percent(l.load_pct)}</td>
      <td class="right num" data-label={t('system.errors')} title={total ? `${decimal(failed, 0)} / ${decimal(total, 0)}` : undefined}>{total ? decimal((100 * failed) / total, 2) + '\u00a0%' : dash}</td>
      <td class="reason wrap">
        {remarks.join(' · ')} {onTrace && <button type="button" class="link" data-trace={l.id} onClick={onTrace} aria-label={`${t('system.trace')} ${l.id}`}>{t('system.trace')}</button>}
      </td>
      <td class="right num" data-label={t('system.tab.meters')}><a {...follow('system', { line: l.id })}>{decimal(l.meters, 0)}</a></td>
    </tr>
  );
}

const tail = 40;

/** Trace is the end of what went over a line. It is kept only when somebody asks for it. */
function Trace({ line }: { line: string }) {
  const [frames, setFrames] = useState<{ time: string; text: string }[] | null>(null);
  const [said, setSaid] = useState('');
  const path = `lines/${encodeURIComponent(line)}/trace`;
  const look = () =>
    ask<{ time: string; text: string }[]>(path).then(
      (list) => { setFrames(list.slice(-tail)); setSaid(''); },
      (e) => { setFrames(null); setSaid(e.status === 409 ? t('system.trace.off') : String(e.message)); },
    );
  const change = (method: string) => ask(path + '?frames=500', { method }).then(look, (e) => setSaid(String(e.message)));
  return (
    <Panel
      id="trace"
      title={`${t('system.trace')} ${line}`}
      aside={
        <>
          <button type="button" class="button" onClick={() => void look()}>{t('system.trace.look')}</button>
          <button type="button" class="button" onClick={() => void change('PUT')}>{t('system.trace.on')}</button>
          <button type="button" class="button" onClick={() => void change('DELETE')}>{t('system.trace.end')}</button>
        </>
      }
    >
      {said && <p class="muted empty" role="status">{said}</p>}
      {frames && <pre class="system-text" tabIndex={0}>{frames.map((f) => f.text).join('\n') || t('system.none')}</pre>}
    </Panel>
  );
}
