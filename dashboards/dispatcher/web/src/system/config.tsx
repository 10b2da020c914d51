import { useState } from 'preact/hooks';
import { named, plural, t } from '../i18n';
import { short, useAnswer, when, type ConfigFile, type Difference, type Version } from './data';
import { Panel, Sign, Trouble } from './parts';

/** Config is what runs, what stands in the files now, and which versions there were. */
export function Config() {
  const answer = useAnswer<{ files: ConfigFile[]; versions: Version[]; more?: boolean }>('system/configuration', 30).value;
  const c = answer.data;
  return (
    <>
      {!c && <Panel id="config-panel" title={t('system.tab.config')}><Trouble answer={answer} /></Panel>}
      {c?.files.map((f) => <File key={f.kind} f={f} at={answer.at} />)}
      {c && <Versions list={c.versions} />}
    </>
  );
}

function File({ f, at }: { f: ConfigFile; at?: number }) {
  const [whole, setWhole] = useState(false);
  const state = f.now?.faults ? 'wrong' : f.now?.changed ? 'note' : 'ok';
  return (
    <Panel
      id={'config-' + f.kind}
      title={t('system.file.' + f.kind)}
      at={at}
      aside={<span class="muted num">{f.path ?? t('system.built')} · {t('system.read', { time: when(f.read_again ?? f.began) })} · {short(f.version)}</span>}
    >
      {f.now && (
        <p class="system-line" data-file={f.kind}>
          <Sign state={state} /> {t(f.now.faults ? 'system.faulty' : f.now.changed ? 'system.changed' : 'system.unchanged', { time: when(f.now.at) })}
        </p>
      )}
      {f.now?.faults && <pre class="system-text" tabIndex={0}>{f.now.faults}</pre>}
      {!!f.now?.restart?.length && <p class="system-line muted">{t('system.restart')} {f.kind === 'process' && <code>{f.now.restart.join('; ')}</code>}</p>}
      {f.now?.difference && <Diff d={f.now.difference} id={'diff-' + f.kind} />}
      <p class="system-line">
        <button type="button" class="button" aria-expanded={whole} data-whole={f.kind} onClick={() => setWhole(!whole)}>{t(whole ? 'system.text.hide' : 'system.text.show')}</button>
      </p>
      {whole && <pre class="system-text" tabIndex={0} aria-label={t('system.file.' + f.kind)}>{f.text}</pre>}
    </Panel>
  );
}

const marks = { same: ' ', removed: '−', added: '+', gap: '⋯' };

/** Diff is a difference in words by object, then line by line. */
function Diff({ d, id }: { d: Difference; id: string }) {
  return (
    <div id={id}>
      <h3>{plural('system.words', d.words.length)}</h3>
      {d.fault && <p class="system-line muted">{d.fault}</p>}
      <ul class="culprits">
        {d.words.map((w, i) => (
          <li key={i} data-object={w.id}>
            <span><span class="muted">{named('system.object.', w.kind)}</span> <b>{w.name || w.id}</b> {w.name && w.id && <span class="muted">{w.id}</span>} {w.field && <code>{w.field}</code>}</span>
            <span>{w.from !== undefined ? <del>{w.from}</del> : t('system.absent')} <span role="img" aria-label={t('system.becomes')}>→</span> {w.to !== undefined ? <ins>{w.to}</ins> : t('system.absent')}</span>
          </li>
        ))}
      </ul>
      <pre class="system-text system-diff" tabIndex={0} role="group" aria-label={t('system.lines')}>
        {d.lines.map((l, i) => (
          <span key={i} data-op={l.op}>{l.op === 'gap' ? '⋯\n' : `${marks[l.op]} ${String(l.old ?? l.new ?? '').padStart(5)}  ${l.text}\n`}</span>
        ))}
      </pre>
    </div>
  );
}

/** Versions are those that were in force; any two of one file can be held against each other. */
function Versions({ list }: { list: Version[] }) {
  const [pair, setPair] = useState<[string, string] | null>(null);
  const answer = useAnswer<Difference>(pair && `system/configuration/difference?from=${pair[0]}&to=${pair[1]}`).value;
  const before = (i: number) => list.slice(i + 1).find((v) => v.kind === list[i]!.kind && v.kept);
  return (
    <Panel id="versions" title={t('system.versions')}>
      <ul class="culprits">
        {list.map((v, i) => (
          <li key={v.record} data-version={short(v.version)}>
            <span class="num">{when(v.from)}</span> <b>{t('system.file.' + v.kind)}</b> <code>{short(v.version)}</code>
            <span class="muted">{t('system.record', { n: String(v.record) })}{v.running && ` · ${t('system.running')}`}{!v.kept && ` · ${t('system.lost')}`}</span>
            {v.kept && before(i) && before(i)!.version !== v.version && (
              <button type="button" class="link" onClick={() => setPair([before(i)!.version, v.version])} aria-label={`${t('system.against')} ${short(v.version)}`}>{t('system.against')}</button>
            )}
          </li>
        ))}
        {!list.length && <li class="muted">{t('system.none')}</li>}
      </ul>
      {pair && (answer.data ? <Diff d={answer.data} id="diff-versions" /> : <Trouble answer={answer} />)}
    </Panel>
  );
}
