import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { dash } from '../format';
import { named, plural, t } from '../i18n';
import { Refusal, send } from '../me';
import { ask, useAnswer, when, type User } from './data';
import { Command, Panel, Table, Trouble } from './parts';

type Act = 'lock' | 'unlock' | 'end-sessions';

/** Users is who may sign in, who is here now, and what an administrator does about it. */
export function Users() {
  const answer = useAnswer<{ users: User[] }>('system/users', 15);
  const [wanted, setWanted] = useState<{ user: string; act: Act } | null>(null);
  const list = answer.value.data?.users;
  return (
    <>
      <Panel id="users-panel" title={t('system.tab.users')} at={answer.value.at}>
        <Trouble answer={answer.value} />
        {list && (
          <Table label="users-panel-title" columns={[['system.user'], ['system.role'], ['system.state'], ['system.seen'], ['system.sessions', 'wrap'], ['system.acts']]}>
            {list.map((u) => (
              <tr key={u.name} data-user={u.name}>
                <th scope="row">{u.name} {u.you && <span class="muted">{t('system.you')}</span>}</th>
                <td>{named('role.', u.role)}</td>
                <td>{t(u.enabled ? 'system.enabled' : 'system.locked')}{u.must_change && ` · ${t('system.must')}`}</td>
                <td class="num">{when(u.last_login) || t('system.never')}</td>
                <td class="wrap num">{u.sessions.length ? `${plural('system.open', u.sessions.length)} · ${t('system.active', { time: when(u.sessions[0]!.seen) })}` : dash}</td>
                <td>
                  {!u.you && <button type="button" class="button" data-act={u.enabled ? 'lock' : 'unlock'} aria-label={`${t(u.enabled ? 'system.act.lock' : 'system.act.unlock')} ${u.name}`} onClick={() => setWanted({ user: u.name, act: u.enabled ? 'lock' : 'unlock' })}>{t(u.enabled ? 'system.act.lock' : 'system.act.unlock')}</button>}{' '}
                  {u.sessions.length > (u.you ? 1 : 0) && <button type="button" class="button" data-act="end-sessions" aria-label={`${t('system.act.end-sessions')} ${u.name}`} onClick={() => setWanted({ user: u.name, act: 'end-sessions' })}>{t('system.act.end-sessions')}</button>}
                </td>
              </tr>
            ))}
          </Table>
        )}
        <p class="system-line muted">{t('system.users.elsewhere')}</p>
        {['add NAME --role dispatcher', 'passwd NAME', 'role NAME engineer', 'remove NAME'].map((x) => <Command key={x} label={t('system.user.' + x.split(' ')[0])} line={`asue user ${x} -c asue.yaml`} />)}
      </Panel>
      {wanted && <Do key={wanted.user + wanted.act} {...wanted} onDone={(users) => { answer.value = { data: { users }, asking: false }; setWanted(null); }} onLeave={() => setWanted(null)} />}
    </>
  );
}

/** Do asks for the reason and the password, and does it. */
function Do({ user, act, onDone, onLeave }: { user: string; act: Act; onDone: (users: User[]) => void; onLeave: () => void }) {
  const failed = useSignal('');
  const busy = useSignal(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  async function go(form: HTMLFormElement): Promise<void> {
    const given = new FormData(form);
    busy.value = true;
    failed.value = '';
    try {
      await send('/api/v1/me/confirm', { password: String(given.get('password')) });
      const path = `system/users/${encodeURIComponent(user)}/${act}`;
      const body = JSON.stringify({ reason: String(given.get('reason')).trim() });
      onDone((await ask<{ users: User[] }>(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })).users);
    } catch (e) {
      failed.value = e instanceof Refusal && e.status === 401 ? t('system.wrong') : e instanceof Error ? e.message : String(e);
    } finally {
      busy.value = false;
    }
  }
  return (
    <Panel id="user-act" title={`${t('system.act.' + act)}: ${user}`}>
      <form class="bar-of-choice" onSubmit={(e) => { e.preventDefault(); void go(e.currentTarget); }}>
        <label class="field wide"><span>{t('system.reason')}</span><input type="text" name="reason" required minLength={3} maxLength={400} autocomplete="off" ref={first} /></label>
        <label class="field"><span>{t('system.password')}</span><input type="password" name="password" required maxLength={256} autocomplete="off" /></label>
        <button type="submit" class="button strong" id="user-do" disabled={busy}>{t('system.act.' + act)}</button>
        <button type="button" class="button" onClick={onLeave}>{t('system.leave')}</button>
      </form>
      {failed.value && <p class="system-line failed" role="alert" id="user-failed">{failed}</p>}
    </Panel>
  );
}
