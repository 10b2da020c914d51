import { named, t } from '../i18n';
import { reworded } from '../said';
import { journal, journalFailure, type Act } from './orders';
import { moment } from './words';

/** Journal is the youngest decisions as the audit has them. */
export function Journal() {
  const failed = journalFailure.value;
  const list = failed ? [] : (journal.value ?? []);
  return (
    <section class="panel journal" id="journal" aria-labelledby="journal-title">
      <div class="head"><h2 id="journal-title">{t('journal.title')}</h2></div>
      {failed && <p class="muted empty">{failed.status === 401 || failed.status === 403 ? t('journal.denied') : t('books.failed', { reason: failed.text })}</p>}
      {!failed && list.length === 0 && <p class="muted empty">{t(journal.value ? 'journal.none' : 'trend.loading')}</p>}
      {list.length > 0 && (
        <div class="scroll books-table cards" tabIndex={0} role="group" aria-labelledby="journal-title">
          <table>
            <thead>
              <tr>
                {['at', 'who', 'what', 'subject', 'text'].map((c) => (
                  <th scope="col" key={c}>{t('journal.' + c)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {list.map((a) => (
                <Line key={a.seq} a={a} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Line({ a }: { a: Act }) {
  // The record of an order says "kind: reason", and its subject is the order's number.
  const order = a.kind.startsWith('order.');
  const [, kind = '', reason] = (order && /^(\w+): (.*)$/s.exec(a.text ?? '')) || [];
  return (
    <tr data-seq={a.seq} data-kind={a.kind}>
      <td class="num">{moment(a.at)}</td>
      <th scope="row" title={a.role ? named('role.', a.role) : undefined}>{a.actor}</th>
      <td title={a.kind}>{order ? named('journal.order.', a.kind.slice('order.'.length)) : a.kind}</td>
      <td title={a.subject}>{kind ? named('order.', kind) : a.subject}</td>
      <td class="reason wrap">{reworded(reason ?? a.text)}</td>
    </tr>
  );
}
