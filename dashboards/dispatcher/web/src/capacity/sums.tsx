import { useState } from 'preact/hooks';
import { plural, t } from '../i18n';
import { choose, route } from '../route';
import { ClassSign, Every } from './parts';
import { branches } from './tree';
import type { ConditionsView } from './types';
import { classes, mw } from './words';

/** Totals are the megawatts of the zone: on paper, needed, returnable, not judged; and by class, each a filter. */
export function Totals({ view, shown }: { view: ConditionsView; shown?: string }) {
  const { total } = view;
  const figures: [string, number][] = [['paper', total.tu_w], ['need', total.need_w], ['reclaim', total.reclaim_w], ['unknown', total.not_judged_w]];
  return (
    <section class="panel cap-totals" id="capacity-totals" aria-label={t('total.title')}>
      <div class="cap-figures">
        {figures.map(([name, w]) => (
          <div class="figure" key={name} data-total={name}>
            <div class="label">{t('total.' + name)}</div>
            <div class="value num">
              <b>{mw(w)}</b> <span class="unit">{t('unit.MW')}</span>
            </div>
          </div>
        ))}
      </div>
      <ul class="cap-classes" aria-label={t('column.class')}>
        {classes.map((c) => {
          const sum = view.by_class.find((s) => s.class === c);
          if (!sum?.conditions) return null;
          return (
            <li key={c}>
              <button type="button" data-class={c} aria-pressed={shown === c} onClick={() => choose({ class: shown === c ? undefined : c }, true)} title={t(`classrule.${c}`)}>
                <ClassSign of={c} /> <b class="num">{sum.conditions}</b>
                <span class="muted num"> {sum.reclaim_w > 0 ? t('total.returnable', { mw: mw(sum.reclaim_w) }) : t('total.on.paper', { mw: mw(sum.tu_w) })}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** ByNode says the same of each node and what is below it. */
export function ByNode({ view }: { view: ConditionsView }) {
  const { chosen } = route.value;
  const [every, setEvery] = useState(false);
  if (!view.by_node.length) return null;
  const most = Math.max(1, ...view.by_node.map((n) => n.tu_w));
  // A node that says the same as the one that feeds it is passed over.
  const list = branches(view.by_node, (n) => {
    const i = view.by_node.indexOf(n);
    const above = view.by_node.slice(0, i).reverse().find((x) => (x.depth ?? 0) < (n.depth ?? 0));
    return every || (n.conditions > 1 && n.conditions !== above?.conditions);
  });
  return (
    <section class="panel" id="by-node" aria-labelledby="by-node-title">
      <div class="head">
        <h2 id="by-node-title">
          {t('bynode.title')} <span class="unit">{t('unit.MW')}</span>
        </h2>
        <Every on={every} id="every-node" onChange={setEvery} />
      </div>
      <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby="by-node-title">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('column.node')}</th>
              <th scope="col" class="right">{t('bynode.conditions')}</th>
              {(['paper', 'need', 'reclaim', 'unknown'] as const).map((c) => <th scope="col" class="right" key={c}>{t('total.' + c)}</th>)}
              <th scope="col">{t('bynode.picture')}</th>
            </tr>
          </thead>
          <tbody>
            {list.map(({ n, depth }) => {
              const label = t('bynode.bar', { need: mw(n.need_w), reclaim: mw(n.reclaim_w), paper: mw(n.tu_w) });
              const width = (w: number) => `width:${((100 * w) / most).toFixed(1)}%`;
              const here = view.residents.some((r) => r.node === n.node);
              return (
                <tr key={n.node} data-node={n.node} aria-current={chosen.at === n.node}>
                  <th scope="row" style={`padding-left:${12 + 16 * depth}px`}>
                    {here ? <button type="button" class="link" onClick={() => choose({ at: chosen.at === n.node ? undefined : n.node }, true)}>{n.name || n.node}</button> : n.name || n.node}
                  </th>
                  <td class="right num muted">{plural('conditions.count', n.conditions)}</td>
                  <td class="right num">{mw(n.tu_w, 2)}</td>
                  <td class="right num">{mw(n.need_w, 2)}</td>
                  <td class="right num strong">{mw(n.reclaim_w, 2)}</td>
                  <td class="right num muted">{mw(n.not_judged_w, 2)}</td>
                  <td>
                    <div class="cap-stack" role="img" aria-label={label} title={label}>
                      <i class="need" style={width(n.need_w)} />
                      <i class="kept" style={width(Math.max(0, n.tu_w - n.need_w - n.reclaim_w - n.not_judged_w))} />
                      <i class="reclaim" style={width(n.reclaim_w)} />
                      <i class="unknown" style={width(n.not_judged_w)} />
                    </div>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
        <ul class="cap-keys">
          {(['need', 'kept', 'reclaim', 'unknown'] as const).map((k) => (
            <li key={k}>
              <i class={k} aria-hidden="true" /> {t('key.' + k)}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
