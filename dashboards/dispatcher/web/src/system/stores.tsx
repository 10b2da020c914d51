import { computed } from '@preact/signals';
import { age, clockTime, date, dash } from '../format';
import { decimal, named, t } from '../i18n';
import { reworded } from '../said';
import { follow } from '../route';
import { ageOf, serverNow, zone } from '../store';
import { bytes, useAnswer, when, type Status } from './data';
import { Facts, Link, Panel, Sign, Table, Trouble } from './parts';

/** Stores is how program, processes, stores and clock stand. */
export function Stores() {
  const answer = useAnswer<Status>('system', 5).value;
  const s = answer.data;
  return (
    <>
      <Panel id="stores-panel" title={t('system.stores')} at={answer.at}>
        <Trouble answer={answer} />
        {s?.stores.map((x) => (
          <div key={x.name} data-store={x.name}>
            <h3>
              {t('system.store.' + x.name)} {x.kind && <span class="muted">{named('system.kind.', x.kind)}</span>} <Sign state={x.state} />
            </h3>
            {x.text && <p class="system-line muted">{x.name === 'disk' ? t('system.disk.tight') : reworded(x.text)}</p>}
            <Facts list={x.facts.map((f) => [named('system.fact.', f.name), f.at ? <Age at={f.at} /> : f.text || (f.unit === 'bytes' ? bytes(f.value!) : decimal(f.value!, 0))])} />
          </div>
        ))}
      </Panel>
      {s && (
        <Panel id="processes-panel" title={t('system.processes')} at={answer.at} aside={<span class="muted num">asue {s.version}</span>}>
          <Table label="processes-panel-title" columns={[['system.process'], ['system.roles'], ['system.state'], ['system.since'], ['system.heard']]}>
            {s.processes.map((p) => (
              <tr key={p.name + p.roles.join()} data-process={p.name}>
                <th scope="row">{p.name} {p.this && <span class="muted">{t('system.this')}</span>}</th>
                <td class="wrap">{p.roles.map((r) => named('system.role.', r)).join(', ')}</td>
                <td>{p.online === undefined ? dash : <Link up={p.online} />}</td>
                <td class="num">{when(p.since) || dash}</td>
                <td class="num">{p.heard_at ? <Age at={p.heard_at} /> : dash}</td>
              </tr>
            ))}
          </Table>
          <ul class="culprits" id="system-parts">
            {s.parts.map((p) => (
              <li key={p.name} data-part={p.name}><b>{named('system.part.', p.name)}</b> <Sign state={p.state} /> {reworded(p.text)}</li>
            ))}
          </ul>
        </Panel>
      )}
      {s && (
        <Panel id="clock-panel" title={t('system.clock')}>
          <Facts
            list={[
              [t('clock.label'), computed(() => `${date(serverNow.value, zone.value)} ${clockTime(serverNow.value, zone.value)}`)],
              ['UTC', computed(() => clockTime(serverNow.value, 'UTC'))],
              [t('system.zone'), s.time_zone],
              ...(s.speed === 1 ? [] : ([[t('system.speed'), `×${decimal(s.speed, 0)}`]] as [string, string][])),
              [t('system.backup'), <a {...follow('system', { tab: 'backup' })}>{s.backup.made_at ? when(s.backup.made_at) : t('system.backup.never')}{s.backup.late && ` · ${t('system.backup.late')}`}</a>],
            ]}
          />
        </Panel>
      )}
    </>
  );
}

/** Age is how long ago something was, and goes on counting. */
function Age({ at }: { at: string }) {
  return <span title={when(at)}>{computed(() => t('system.ago', { age: age(ageOf(at) ?? 0) }))}</span>;
}
