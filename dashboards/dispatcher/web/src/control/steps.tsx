import { useEffect, useRef, useState } from 'preact/hooks';
import { named, t } from '../i18n';
import { hindrance } from '../may';
import { me, Refusal } from '../me';
import { wish, type Wish } from '../wish';
import { facts, lost, sameNumber, surveyed, type Fact } from './facts';
import { draft, Fields, faults, orderOf, said, type Draft } from './fields';
import { Interlocks } from './interlocks';
import { approve, askPending, confirmMyself, deselect, give, pending, select, selects, type Given, type Order, type Selection } from './orders';
import { Result } from './result';

/** checkFor is how long the second step stands open where nothing is selected: what was checked may not be so any more. */
const checkFor = 30;

/** passwordAgain is the server's answer when it wants to know that it is still this person. */
const passwordAgain = 428;

/** Orders shows the two steps while something is wished. */
export function Orders() {
  const w = wish.value;
  return w && <Steps key={JSON.stringify(w)} w={w} />;
}

type Step = 'fill' | 'check' | 'done';

/**
 * Steps: first what, on whose word, why and until when, which selects the object; then, in
 * another place and within half a minute, do it; then what became of it.
 */
function Steps({ w }: { w: Wish }) {
  const box = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const [step, setStep] = useState<Step>('fill');
  const [form, setForm] = useState<Draft>(() => draft(w));
  const [sel, setSel] = useState<Selection | null>(null);
  const [order, setOrder] = useState<Order | null>(null); // as it was selected
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [left, setLeft] = useState(checkFor);
  const [trouble, setTrouble] = useState('');
  const [busy, setBusy] = useState(false);
  const [receipt, setReceipt] = useState<Given | null>(null);
  const [reauth, setReauth] = useState(false);
  const held = useRef<string | undefined>(undefined); // what is selected and not executed yet

  useEffect(() => {
    box.current!.showModal();
    void askPending();
    const timer = window.setInterval(() => void askPending(), 2000);
    return () => {
      window.clearInterval(timer);
      letGo();
    };
  }, []);
  useEffect(() => title.current?.focus(), [step]);
  useEffect(() => {
    if (step !== 'check') return;
    const end = performance.now() + 1000 * (sel?.left_s ?? checkFor);
    const count = () => setLeft(Math.ceil((end - performance.now()) / 1000));
    count();
    const timer = window.setInterval(count, 250);
    return () => window.clearInterval(timer);
  }, [step]);
  useEffect(() => {
    if (step === 'check' && left <= 0) back(t('steps.late'));
  }, [left]);

  const close = () => box.current?.close(); // gives the focus back to where it came from
  const why = step === 'done' ? '' : lost(w) || hindrance(w.kind === 'approve' ? 'approve' : w.kind);
  const wrong = w.kind === 'approve' ? [] : faults(w, form);
  const number = sel?.code ?? (w.kind === 'approve' ? (pending.value.find((o) => o.id === w.order)?.to_type ?? '') : '');

  function letGo(): void {
    if (held.current) void deselect(held.current).then(askPending);
    held.current = undefined;
  }

  function back(said: string): void {
    letGo();
    setSel(null);
    setTrouble(said);
    setStep('fill');
  }

  /** attempt runs one request, after the password if it was asked for. */
  async function attempt(request: () => Promise<void>): Promise<void> {
    setBusy(true);
    setTrouble('');
    try {
      if (password) {
        await confirmMyself(password);
        setReauth(false);
      }
      await request();
      void askPending();
    } catch (e) {
      const again = e instanceof Refusal && e.status === passwordAgain;
      if (again) setReauth(true);
      setTrouble(again ? t('steps.again') : t('steps.refused', { reason: e instanceof Error ? e.message : String(e) }));
    } finally {
      setPassword('');
      setBusy(false);
    }
  }

  const check = () =>
    attempt(async () => {
      setCode('');
      if (!selects(w.kind)) return setStep('check');
      const wanted = orderOf(w, form);
      const answer = await select(wanted);
      setSel(answer);
      setOrder(wanted);
      held.current = answer.id;
      if (answer.id) setStep('check');
      else setTrouble(t('steps.blocked'));
    });

  const send = () =>
    attempt(async () => {
      const given = w.kind === 'approve' ? await approve(w.order!, number ? code : undefined) : await give(order && sel ? { ...order, select: sel.id, code: number ? code : undefined } : orderOf(w, form));
      held.current = undefined;
      setReceipt(given);
      setStep('done');
    });

  return (
    <dialog ref={box} class="order" id="order" aria-labelledby="order-title" data-kind={w.kind} data-step={step} onClose={() => (wish.value = null)}>
      <p class="muted step">{t(selects(w.kind) ? 'steps.' + step : 'steps.plain.' + step)}</p>
      <h2 id="order-title" ref={title} tabIndex={-1}>{t(`order.${w.kind}`)}</h2>
      {step !== 'done' && <FactList list={[...facts(w), ...(step === 'check' && sel ? surveyed(sel) : [])]} />}
      {sel && step !== 'done' && <Interlocks list={sel.interlocks} />}
      {step === 'fill' && w.kind !== 'approve' && <Fields w={w} form={form} change={(c) => (setSel(null), setForm({ ...form, ...c }))} />}
      {step === 'check' && w.kind !== 'approve' && <FactList list={said(w, form)} />}
      {step === 'check' && number && (
        <label class="field">
          <span>{t('steps.code', { code: number })}</span>
          <input id="order-code" autoComplete="off" value={code} onInput={(e) => setCode(e.currentTarget.value)} />
        </label>
      )}
      {step !== 'done' && reauth && (
        <label class="field">
          <span>{t('steps.password', { name: me.value.name ?? '' })}</span>
          <input id="order-password" type="password" autoComplete="current-password" value={password} onInput={(e) => setPassword(e.currentTarget.value)} />
        </label>
      )}
      {step === 'done' && receipt && <Result receipt={receipt} w={w} />}
      {(why || trouble) && (
        <p class="trouble" id="order-trouble" role="alert">
          {[trouble, why].filter(Boolean).join(' · ')}
        </p>
      )}
      <div class={`order-buttons ${step}`}>
        {step === 'fill' && (
          <>
            <button type="button" class="button" onClick={close}>{t('steps.cancel')}</button>
            <button type="button" class="button strong" id="order-next" disabled={!!why || busy || wrong.length > 0 || (reauth && !password)} title={wrong.join('; ')} onClick={() => void check()}>
              {named('steps.next.', selects(w.kind) ? 'select' : 'plain')}
            </button>
          </>
        )}
        {step === 'check' && (
          <>
            <button type="button" class="button strong go" id="order-go" disabled={!!why || busy || (!!number && !sameNumber(code, number)) || (reauth && !password)} onClick={() => void send()}>
              {t('steps.go')}
            </button>
            <span class="muted num" id="order-left">{t('steps.left', { n: String(Math.max(0, left)) })}</span>
            <button type="button" class="button" onClick={() => back('')}>{t('steps.back')}</button>
          </>
        )}
        {step === 'done' && (
          <button type="button" class="button" id="order-close" onClick={close}>{t('steps.close')}</button>
        )}
      </div>
    </dialog>
  );
}

function FactList({ list }: { list: Fact[] }) {
  return (
    <dl class="order-facts">
      {list.map(([label, value]) => (
        <div key={label + value}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
