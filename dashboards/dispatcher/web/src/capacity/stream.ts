// An answer that takes its time comes as events (text/event-stream): how far it is, then
// the answer or a problem. It is read with fetch, so that a refusal says why.
import { parse, Refused, reasonsOf } from './data';

/** streamed asks a path and tells progress, 0 to 1, until the answer is there. It throws Refused. */
export async function streamed<T>(path: string, progress: (part: number) => void, stop: AbortSignal): Promise<T> {
  const answer = await fetch(path, { headers: { Accept: 'text/event-stream, application/problem+json' }, signal: stop });
  if (!answer.ok || !answer.body) throw new Refused(answer.status, reasonsOf(answer.status, parse(await answer.text())));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    text += value ?? '';
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [name, data] = event(text.slice(0, end));
      text = text.slice(end + 2);
      if (name === 'progress') progress(data.part);
      if (name === 'problem') throw new Refused(data.status, reasonsOf(data.status, data));
      if (name === 'answer') return data;
    }
    if (done) throw new Refused(0, ['the answer broke off']);
  }
}

/** event reads one event; comments keep the line alive and say nothing. */
function event(lines: string): [name: string, data: any] {
  const name = /^event: *(.*)$/m.exec(lines)?.[1] ?? '';
  const data = [...lines.matchAll(/^data: *(.*)$/gm)].map((m) => m[1]).join('\n');
  return [name, data ? parse(data) : undefined];
}
