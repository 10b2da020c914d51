import { t } from '../i18n';
import { me } from '../me';
import { follow, route } from '../route';
import { BackupPanel } from './backup';
import { Config } from './config';
import { Lines } from './lines';
import { Meters } from './meters';
import { Stores } from './stores';
import { Users } from './users';

const tabs = ['meters', 'lines', 'stores', 'config', 'backup', 'users'] as const;
type Tab = (typeof tabs)[number];

/** needs says which roles a tab is for; the server decides. */
const needs: Partial<Record<Tab, string[]>> = { config: ['engineer', 'admin'], backup: ['engineer', 'admin'], users: ['admin'] };
const may = (tab: Tab) => !needs[tab] || (!!me.value.name && needs[tab]!.includes(me.value.role ?? ''));

/** SystemView is how the system itself stands: meters, lines, stores, configuration, backup, people. */
export function SystemView() {
  const tab = tabs.find((x) => x === route.value.chosen.tab) ?? 'meters';
  return (
    <div class="system" id="system">
      <nav class="cap-tabs" aria-label={t('system.tabs')}>
        <ul>
          {tabs.map((x) => (
            <li key={x}>
              <a {...follow('system', x === 'meters' ? {} : { tab: x })} aria-current={x === tab ? 'page' : undefined} data-tab={x}>{t('system.tab.' + x)}</a>
            </li>
          ))}
        </ul>
      </nav>
      {may(tab) ? <Shown tab={tab} /> : <p class="panel muted empty" id="system-denied">{t(tab === 'users' ? 'system.for.admin' : 'system.for.engineer')}</p>}
    </div>
  );
}

function Shown({ tab }: { tab: Tab }) {
  switch (tab) {
    case 'lines':
      return <Lines />;
    case 'stores':
      return <Stores />;
    case 'config':
      return <Config />;
    case 'backup':
      return <BackupPanel />;
    case 'users':
      return <Users />;
  }
  return <Meters />;
}
