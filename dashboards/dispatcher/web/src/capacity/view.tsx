import { named, t } from '../i18n';
import { me } from '../me';
import { follow, route } from '../route';
import { Again } from './again';
import { mayAct } from './data';
import { Cases } from './cases';
import { Hosting } from './hosting';
import { Pool } from './pool';
import { Register } from './register';
import { Table } from './table';
import { Use } from './use';

const tabs = ['table', 'cases', 'pool', 'register', 'hosting'] as const;

/** Capacity is the view «Мощности»: technical conditions found, proven, returned and given out anew. */
export function Capacity() {
  const { chosen } = route.value;
  const tab = tabs.find((x) => x === chosen.tab) ?? 'table';
  return (
    <div class="capacity">
      <nav class="cap-tabs" aria-label={t('capacity.tabs')}>
        <ul>
          {tabs.map((x) => (
            <li key={x}>
              <a {...follow('capacity', x === 'table' ? {} : { tab: x })} aria-current={x === tab ? 'page' : undefined} data-tab={x}>
                {t('tab.' + x)}
              </a>
            </li>
          ))}
        </ul>
        <Hindrance />
      </nav>
      {tab === 'table' && (chosen.resident && chosen.node ? <Use resident={chosen.resident} node={chosen.node} asOf={chosen.as_of} /> : <Table />)}
      {tab === 'cases' && <Cases id={chosen.case} />}
      {tab === 'pool' && <Pool />}
      {tab === 'register' && <Register />}
      {tab === 'hosting' && <Hosting />}
      <Again />
    </div>
  );
}

/** Hindrance says why nothing can be done here by who looks. */
function Hindrance() {
  if (mayAct()) return null;
  const { name, role = '' } = me.value;
  return <span class="muted cap-hindered">{name ? t('hinder.capacity', { role: named('role.', role) }) : t('hinder.anonymous')}</span>;
}
