import { t } from './i18n';
import { follow, route, views } from './route';

/** Nav leads to the views; each is a link, so that it can be opened beside this one. */
export function Nav() {
  const { view } = route.value;
  return (
    <nav class="nav" id="nav" aria-label={t('nav.label')}>
      <ul>
        {views.map((v) => (
          <li key={v}>
            <a {...follow(v)} aria-current={v === view ? 'page' : undefined} data-view={v}>
              {t('nav.' + v)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
