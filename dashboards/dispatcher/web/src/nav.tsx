import { opens } from './books';
import { t } from './i18n';
import { follow, pageOf, pages, route } from './route';

/** shownOf are the views of a page that this page's program has. */
const shownOf = (p: (typeof pages)[number]) => p.views.filter(opens);

/** Nav leads to the eight pages; each is a link, so that it can be opened beside this one. */
export function Nav() {
  const here = pageOf(route.value.view);
  return (
    <nav class="nav" id="nav" aria-label={t('nav.label')}>
      <ul>
        {pages.map((p, i) => {
          const [first, more] = shownOf(p);
          if (!first) return null;
          return (
            <li key={p.page}>
              <a {...follow(first)} aria-current={p === here ? (more ? 'true' : 'page') : undefined} aria-keyshortcuts={`Alt+${i + 1}`} title={`Alt+${i + 1}`} data-page={p.page} data-view={more ? undefined : first}>
                {t('pages.' + p.page)}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** Tabs lead to the views of a page that has several. One resident is a tab only while it is looked at. */
export function Tabs() {
  const { view, chosen } = route.value;
  const tabs = shownOf(pageOf(view)).filter((v) => v !== 'resident' || v === view);
  if (tabs.length < 2) return null;
  return (
    <nav class="tabs" id="tabs" aria-label={t('pages.' + pageOf(view).page)}>
      <ul>
        {tabs.map((v) => (
          <li key={v}>
            <a {...follow(v, v === 'profile' && chosen.resident ? { resident: chosen.resident } : {})} aria-current={v === view ? 'page' : undefined} data-view={v}>
              {t('nav.' + v)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
