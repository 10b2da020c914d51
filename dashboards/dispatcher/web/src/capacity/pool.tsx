import { useState } from 'preact/hooks';
import { plural, t } from '../i18n';
import { reworded } from '../said';
import { Applications } from './applications';
import { mayAct, query, useAnswer } from './data';
import { Drafts } from './drafts';
import { Every, Facts, State } from './parts';
import { branches } from './tree';
import type { PoolNode, PoolSums, PoolView } from './types';
import { kilowatts, kw, moment, mw } from './words';

const accounts: (keyof PoolSums)[] = ['supply_w', 'free_w', 'reserved_w', 'firm_w', 'non_firm_w', 'held_w', 'demoted_w', 'loss_w'];

/** Pool is what is free, reserved and in dispute, and where it can be used. */
export function Pool() {
  const answer = useAnswer<PoolView>(query('pool'), 30).value;
  const p = answer.data;
  return (
    <>
      {mayAct() && <Drafts quiet />}
      <section class="panel" id="pool" aria-labelledby="pool-title">
        <div class="head">
          <h2 id="pool-title">{t('pool.title')}</h2>
          {p && <span class="muted num">{t('pool.at', { time: moment(p.at) })}</span>}
        </div>
        <State answer={answer} />
        {p && (
          <div class="cap-figures accounts">
            {accounts.map((a) => (
              <div class="figure" key={a} data-account={a}>
                <div class="label">{t('account.' + a)}</div>
                <div class="value num">
                  <b>{mw(p.total[a], 2)}</b> <span class="unit">{t('unit.MW')}</span>
                </div>
              </div>
            ))}
          </div>
        )}
      </section>
      {p && <Nodes nodes={p.nodes} />}
      {p && <Applications view={p} />}
      {p && <Postings view={p} />}
    </>
  );
}

/** matters: a node with something beside the rights of one resident, or with a ceiling for several. */
const matters = (n: PoolNode): boolean =>
  n.supply_w + n.free_w + n.reserved_w + n.held_w + n.demoted_w + n.loss_w + (n.excess_w ?? 0) > 0 || (n.ceiling_w !== undefined && n.committed_w > n.firm_w);

/** Nodes is the tree: what may be committed, what is, what of the pool can be used there. */
function Nodes({ nodes }: { nodes: PoolNode[] }) {
  const [open, setOpen] = useState('');
  const [every, setEvery] = useState(false);
  const list = branches(nodes, (n) => every || matters(n));
  const most = Math.max(1, ...nodes.map((n) => Math.max(n.ceiling_w ?? 0, n.committed_w)));
  const name = (id: string | undefined) => nodes.find((n) => n.node === id)?.name || id || '';
  return (
    <section class="panel" id="pool-nodes" aria-labelledby="pool-nodes-title">
      <div class="head">
        <h2 id="pool-nodes-title">
          {t('pool.nodes')} <span class="unit">{t('unit.kW')}</span>
        </h2>
        <Every on={every} id="every-account" onChange={setEvery} />
      </div>
      <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby="pool-nodes-title">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('column.node')}</th>
              <th scope="col" class="right">{t('pool.ceiling')}</th>
              <th scope="col" class="right">{t('pool.committed')}</th>
              <th scope="col">{t('pool.picture')}</th>
              <th scope="col" class="right">{t('account.free_w')}</th>
              <th scope="col" class="right">{t('account.reserved_w')}</th>
              <th scope="col" class="right">{t('pool.usable')}</th>
              <th scope="col">{t('pool.binds')}</th>
            </tr>
          </thead>
          <tbody>
            {list.map(({ n, depth }) => {
              const excess = n.excess_w ?? 0;
              const label = t('pool.bar', { committed: kilowatts(n.committed_w), ceiling: n.ceiling_w === undefined ? t('pool.unlimited') : kilowatts(n.ceiling_w) });
              return [
                <tr key={n.node} data-node={n.node}>
                  <th scope="row" style={`padding-left:${12 + 16 * depth}px`}>
                    <button type="button" class="link" aria-expanded={open === n.node} onClick={() => setOpen(open === n.node ? '' : n.node)}>{n.name || n.node}</button>
                  </th>
                  <td class="right num">{n.ceiling_w === undefined ? <span class="muted">{t('pool.unlimited')}</span> : kw(n.ceiling_w)}</td>
                  <td class="right num">{kw(n.committed_w)}</td>
                  <td>
                    <div class="cap-beside">
                      <div class="cap-stack" role="img" aria-label={label} title={label}>
                        <i class={excess ? 'excess' : 'need'} style={`width:${((100 * n.committed_w) / most).toFixed(1)}%`} />
                        {n.ceiling_w !== undefined && <b class="ceiling" style={`left:${((100 * n.ceiling_w) / most).toFixed(1)}%`} />}
                      </div>
                      {excess > 0 && <span class="cap-fault">▲ {t('pool.excess', { power: kilowatts(excess) })}</span>}
                    </div>
                  </td>
                  <td class="right num strong">{kw(n.free_w)}</td>
                  <td class="right num">{kw(n.reserved_w)}</td>
                  <td class="right num strong">{kw(n.usable_w)}</td>
                  <td class="muted">{n.binds_at ? (n.binds_at === n.node ? t('pool.here') : name(n.binds_at)) : ''}</td>
                </tr>,
                open === n.node && (
                  <tr key={n.node + ' accounts'} class="cap-opened">
                    <td colSpan={8}>
                      <Facts list={accounts.map((a) => [t('account.' + a), kilowatts(n[a])])} />
                    </td>
                  </tr>
                ),
              ];
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Entries are the lines of a posting; those of an opening are many. */
function Entries({ list }: { list: string[] }) {
  const lines = (part: string[]) => part.map((e) => <div key={e}>{reworded(e)}</div>);
  if (list.length <= 4) return <>{lines(list)}</>;
  return (
    <>
      {lines(list.slice(0, 3))}
      <details>
        <summary>{plural('postings.entries.more', list.length - 3)}</summary>
        {lines(list.slice(3))}
      </details>
    </>
  );
}

/** Postings are the books themselves, the youngest first. */
function Postings({ view }: { view: PoolView }) {
  const [all, setAll] = useState(false);
  const list = all ? view.postings : view.postings.slice(0, 10);
  return (
    <section class="panel" id="postings" aria-labelledby="postings-title">
      <div class="head">
        <h2 id="postings-title">
          {t('postings.title')} <span class="count">{plural('postings.count', view.postings.length)}</span>
        </h2>
      </div>
      {!view.postings.length && <p class="muted empty">{t('postings.none')}</p>}
      {list.length > 0 && (
        <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby="postings-title">
          <table>
            <thead>
              <tr>
                <th scope="col" class="right">№</th>
                <th scope="col">{t('postings.when')}</th>
                <th scope="col">{t('postings.entries')}</th>
                <th scope="col">{t('field.document')}</th>
                <th scope="col">{t('postings.who')}</th>
              </tr>
            </thead>
            <tbody>
              {list.map((p) => (
                <tr key={p.seq} data-posting={p.seq}>
                  <td class="right num">{p.seq}</td>
                  <td class="num">{moment(p.recorded)}</td>
                  <td class="wrap"><Entries list={p.entries} /></td>
                  <td class="wrap">
                    {reworded(p.document)} {p.legal_basis && <span class="muted">· {p.legal_basis}</span>}
                  </td>
                  <td class="muted">{[p.author, p.approver].filter(Boolean).map(reworded).join(' + ') || t('postings.opening')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {view.postings.length > 10 && <p class="cap-why"><button type="button" class="link" onClick={() => setAll(!all)}>{t(all ? 'postings.less' : 'postings.more')}</button></p>}
    </section>
  );
}
