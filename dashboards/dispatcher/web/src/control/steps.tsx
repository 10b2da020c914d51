import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { hindrance } from '../may';
import { me, Refusal } from '../me';
import { wish, type Wish } from '../wish';
import { Result } from './result';
import { facts, lost, switches, type Fact } from './facts';
import { draft, Fields, faults, orderOf, said, type Draft } from './fields';
import { approve, askPending, confirmMyself, give, type Given } from './orders';

/** checkFor is how long the second step stands open: what was checked may not be so any more. */
const checkFor = 30;

/** passwordAgain is the server's answer when it wants to know that it is still this person. */
const passwordAgain = 428;

/** Orders shows the two steps while something is wished. */
export function Orders() {
  const w = wish.value;
  return w && <Steps key={JSON.stringify(w)} w={w} />;
}

type Step = 'fill' | 'check' | 'done';

/** Steps: first what, why and until when; then, in another place, do it; then what became of it. */
function Steps({ w }: { w: Wish }) {
  const box = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const [step, setStep] = useState<Step>('fill');
  const [form, setForm] = useState<Draft>(() => draft(w));
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [left, setLeft] = useState(checkFor);
  const [trouble, setTrouble] = useState('');
  const [busy, setBusy] = useState(false);
  const [receipt, setReceipt] = useState<Given | null>(null);
  const [reauth, setReauth] = useState(false);

  useEffect(() => {
    box.current!.showModal();
    void askPending();
    const timer = window.setInterval(() => void askPending(), 2000);
    return () => window.clearInterval(timer);
  }, []);
  useEffect(() => title.current?.focus(), [step]);
  useEffect(() => {
    if (step !== 'check') return;
    setLeft(checkFor);
    const timer = window.setInterval(() => setLeft((n) => n - 1), 1000);
    return () => window.clearInterval(timer);
  }, [step]);
  useEffect(() => {
    if (step === 'check' && left <= 0) {
      setStep('fill');
      setTrouble(t('steps.late'));
    }
  }, [left]);

  const close = () => box.current?.close(); // gives the focus back to where it came from
  const why = step === 'done' ? '' : lost(w) || hindrance(w.kind === 'approve' ? 'approve' : w.kind);
  const wrong = w.kind === 'approve' ? [] : faults(w, form);
  const number = switches(w);

  async function send() {
    setBusy(true);
    setTrouble('');
    try {
      if (password) await confirmMyself(password);
      setReceipt(w.kind === 'approve' ? await approve(w.order!) : await give(orderOf(w, form)));
      setStep('done');
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

  return (
    <dialog ref={box} class="order" id="order" aria-labelledby="order-title" data-kind={w.kind} data-step={step} onClose={() => (wish.value = null)}>
      <p class="muted step">{t('steps.' + step)}</p>
      <h2 id="order-title" ref={title} tabIndex={-1}>{t(`order.${w.kind}`)}</h2>
      {step !== 'done' && <FactList list={facts(w)} />}
      {step === 'fill' && w.kind !== 'approve' && <Fields w={w} form={form} change={(c) => setForm({ ...form, ...c })} />}
      {step === 'check' && w.kind !== 'approve' && <Summary w={w} form={form} />}
      {step === 'check' && number && (
        <label class="field">
          <span>{t('steps.code', { code: number })}</span>
          <input id="order-code" autoComplete="off" value={code} onInput={(e) => setCode(e.currentTarget.value)} />
        </label>
      )}
      {step === 'check' && reauth && (
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
            <button type="button" class="button strong" id="order-next" disabled={!!why || wrong.length > 0} title={wrong.join('; ')} onClick={() => (setTrouble(''), setCode(''), setStep('check'))}>
              {t('steps.next')}
            </button>
          </>
        )}
        {step === 'check' && (
          <>
            <button type="button" class="button strong go" id="order-go" disabled={!!why || busy || (!!number && code.trim() !== number) || (reauth && !password)} onClick={() => void send()}>
              {t('steps.go')}
            </button>
            <span class="muted num" id="order-left">{t('steps.left', { n: String(Math.max(0, left)) })}</span>
            <button type="button" class="button" onClick={() => setStep('fill')}>{t('steps.back')}</button>
          </>
        )}
        {step === 'done' && (
          <button type="button" class="button" id="order-close" onClick={close}>{t('steps.close')}</button>
        )}
      </div>
    </dialog>
  );
}

/** Summary repeats what was filled in. */
function Summary({ w, form }: { w: Wish; form: Draft }) {
  return <FactList list={said(w, form)} />;
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
