import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { has, t } from '../i18n';
import { reworded } from '../said';
import { alarms } from '../store';
import { named, when } from './data';

interface Line {
  seq: number;
  at: string;
  actor: string;
  kind: string;
  subject?: string;
  text?: string;
}

const lines = signal<Line[] | null>(null);
const failure = signal('');
let asked = 0; // when, by this machine's clock

async function ask(): Promise<void> {
  asked = Date.now();
  try {
    const a = await fetch('/api/v1/journal?kind=alarm.&limit=200');
    const body = await a.json();
    failure.value = a.ok ? '' : a.status === 401 || a.status === 403 ? t('alarms.history.denied') : (body.detail ?? String(a.status));
    if (a.ok) lines.value = body.records;
  } catch (e) {
    failure.value = String(e);
  }
}

/** History is what the record has of alarms: what they did, and what people did. */
export function History() {
  const version = alarms.value?.version;
  useEffect(() => {
    // At most every three seconds: the version changes with every figure in a text.
    const timer = window.setTimeout(() => void ask(), lines.peek() ? Math.max(0, asked + 3000 - Date.now()) : 0);
    return () => window.clearTimeout(timer);
  }, [version]);
  const list = lines.value ?? [];
  return (
    <section class="panel" id="alarm-history" aria-labelledby="history-title">
      <div class="head"><h2 id="history-title">{t('alarms.history')}</h2></div>
      {failure.value ? <p class="muted empty">{failure.value}</p> : list.length === 0 && <p class="muted empty">{t(lines.value ? 'alarms.none' : 'trend.loading')}</p>}
      {!failure.value && list.length > 0 && (
        <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby="history-title">
          <table>
            <thead><tr>{['at', 'who', 'what', 'subject', 'text'].map((c) => <th scope="col" key={c}>{t('alarms.history.' + c)}</th>)}</tr></thead>
            <tbody>
              {list.map((l) => {
                const act = 'alarm.act.' + l.kind.slice('alarm.'.length);
                return (
                  <tr key={l.seq} data-seq={l.seq}>
                    <td class="num">{when(l.at)}</td>
                    <th scope="row">{l.actor === 'system' ? t('alarms.system') : l.actor}</th>
                    <td>{has(act) ? t(act) : t('alarms.changed')}</td>
                    <td>{l.subject && named(l.subject)}</td>
                    <td class="reason wrap">{record(l)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** record is what a record says: of what alarms did by themselves in the reader's language, of people in their own words. */
function record(l: Line): string {
  const m = l.kind === 'alarm.changed' && /^\S+: ([a-z-]+)(?: \((.*)\))?(?:, and (\d+) more)?$/.exec(l.text ?? '');
  if (!m) return reworded(l.text);
  const [, state, why, more] = m;
  return [t('alarm.state.' + state), why && reason(why), more && t('alarms.more', { n: more })].filter(Boolean).join(' · ');
}

function reason(why: string): string {
  const [, cause] = /^behind (.+)$/.exec(why) ?? [];
  const [, who] = /^shelf of (.+) ended$/.exec(why) ?? [];
  if (cause) return `${t('alarm.behind')}: ${named(cause)}`;
  if (who) return t('alarm.ended.shelf', { who });
  return why === 'back in service by time' ? t('alarm.ended.out') : reworded(why);
}
