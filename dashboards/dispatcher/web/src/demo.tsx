import { signal } from '@preact/signals';
import { named, t } from './i18n';
import { demo, scenarios } from './store';

const failed = signal('');
const busy = signal(false);

/** calm ends the others: a scenario that is played is ended by its own button, too. */
const calm = 'calm';

/** DemoBar says that the data are invented, and plays the scenarios. */
export function DemoBar() {
  if (!demo.value) return null;
  return (
    <div class="demo">
      <strong>{t('page.demo')}</strong>
      {scenarios.value.length > 0 && (
        <div class="scenarios" role="group" aria-label={t('scenarios.title')}>
          <span class="label">{t('scenarios.title')}</span>
          {scenarios.value.map((s) => (
            <button type="button" key={s.id} aria-pressed={s.active} disabled={busy.value} onClick={() => start(s.active ? calm : s.id)} data-scenario={s.id}>
              {named('scenario.', s.id)}
            </button>
          ))}
        </div>
      )}
      {failed.value && <span role="alert">{t('scenario.failed', { reason: failed.value })}</span>}
    </div>
  );
}

async function start(id: string): Promise<void> {
  busy.value = true;
  failed.value = '';
  try {
    const answer = await fetch('/api/v1/scenarios', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id }),
    });
    const body = await answer.json();
    if (!answer.ok) failed.value = body.detail ?? String(answer.status);
    else scenarios.value = body.scenarios;
  } catch (e) {
    failed.value = String(e);
  } finally {
    busy.value = false;
  }
}
