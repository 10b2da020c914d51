// The horn. Browsers play nothing before the reader has touched the page, so it has to be
// switched on by hand, and the bar says so as long as it is not.
import { effect, signal } from '@preact/signals';
import { alarms, lostFor } from '../store';

/** armed: the reader has switched the sound on in this window. */
export const armed = signal(false);

let context: AudioContext | undefined;
let timer: number | undefined;

/** arm switches the sound on and lets it be heard once. */
export function arm(): void {
  context ??= new AudioContext();
  void context.resume();
  armed.value = true;
  sound();
}

/** disarm switches it off. */
export function disarm(): void {
  armed.value = false;
}

function sound(): void {
  if (!context) return;
  for (const [i, hertz] of [660, 520, 660].entries()) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const from = context.currentTime + i * 0.22;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.001, from);
    volume.gain.exponentialRampToValueAtTime(0.25, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, from + 0.2);
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + 0.21);
  }
}

// It sounds at once and again until somebody acknowledges or silences; the server says
// how often. A page that hears nothing keeps on as it was.
let every = 0;
effect(() => {
  const on = armed.value ? (alarms.value?.horn_s ?? 0) : 0;
  if (lostFor.value !== null && on === every) return;
  if (on === every) return;
  window.clearInterval(timer);
  every = on;
  if (!on) return;
  sound();
  timer = window.setInterval(sound, Math.max(2, on) * 1000);
});
