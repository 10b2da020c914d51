import { dash } from '../format';
import { decimal, named, t } from '../i18n';
import { reworded } from '../said';
import { follow } from '../route';
import { demo } from '../store';
import { bytes, useAnswer, when, type Backup } from './data';
import { Command, Facts, Panel, Sign, Trouble } from './parts';

/** BackupPanel is the last backup: how old, where, whether it is good, and when the next is due. */
export function BackupPanel() {
  const answer = useAnswer<Backup>('system/backup', 30).value;
  const b = answer.data;
  const state = !b ? 'ok' : b.late || b.present === false ? 'wrong' : b.made_at ? 'ok' : 'note';
  return (
    <Panel id="backup-panel" title={t('system.tab.backup')} at={answer.at} aside={b && <Sign state={state} />}>
      <Trouble answer={answer} />
      {b && (
        <>
          {b.late && <p class="system-line failed" role="alert">{t('system.backup.late')} <a {...follow('alarms')}>{t('nav.alarms')}</a></p>}
          {!b.made_at && <p class="system-line">{t(demo.value ? 'system.backup.demo' : 'system.backup.never')}</p>}
          <Facts
            list={[
              [t('system.backup.made'), when(b.made_at) || dash],
              [t('system.backup.due'), when(b.late_at) || dash],
              [t('system.backup.dir'), b.dir ?? dash],
              [t('system.backup.present'), b.present === undefined ? t('system.backup.unseen') : t(b.present ? 'system.yes' : 'system.no')],
              [t('system.backup.verified'), b.made_at ? t(b.verified ? 'system.yes' : 'system.backup.unverified') : dash],
              [t('system.store.ledger'), b.ledger ? named('system.kind.', b.ledger) : dash],
              [t('system.store.series'), b.series === 'copied' ? t('system.yes') : (b.series ?? dash)],
              [t('system.backup.files'), b.files ? `${decimal(b.files, 0)} · ${bytes(b.bytes ?? 0)}` : dash],
            ]}
          />
          {b.notes.map((n) => <p key={n} class="system-line muted">{reworded(n)}</p>)}
          <Command label={t('system.backup.next')} line={b.command} />
          {b.restore && <Command label={t('system.backup.restore')} line={b.restore} />}
        </>
      )}
    </Panel>
  );
}
