// What keeps the page current. One tab per browser and person holds the connection (Web Locks
// elects it; browsers allow six connections per origin) and tells the others by BroadcastChannel.
// Where locks are missing (plain http from another machine) every tab connects for itself.
import { apiHeaders } from '../api/client';
import { backoffMs, EventParser, topicsOf } from './events';

export type LiveState = 'connecting' | 'live' | 'down';

export interface LiveSeams {
  fetch: typeof fetch;
  locks: Pick<LockManager, 'request'> | undefined;
  channel: (name: string) => Pick<BroadcastChannel, 'postMessage' | 'close'> & {
    onmessage: ((event: MessageEvent) => void) | null;
  };
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  random: () => number;
}

export interface LiveHandlers {
  changed: (topics: string[]) => void;
  state: (state: LiveState) => void;
}

type Note = { topics: string[] } | { state: LiveState } | { ask: true };

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

export const browserSeams: LiveSeams = {
  fetch: (...rest) => fetch(...rest),
  locks: navigator.locks as LockManager | undefined,
  channel: (name) => new BroadcastChannel(name),
  wait: waitFor,
  random: Math.random,
};

/** Starts following; the answer stops it. */
export function follow(person: string, handlers: LiveHandlers, seams = browserSeams): () => void {
  const stop = new AbortController();
  const name = `barid-live-${person}`;
  const channel = seams.channel(name);
  let leading = false;
  let state: LiveState = 'connecting';

  const enter = (next: LiveState) => {
    state = next;
    handlers.state(next);
    if (leading) channel.postMessage({ state: next } satisfies Note);
  };
  channel.onmessage = (event: MessageEvent) => {
    const note = event.data as Note;
    if ('ask' in note) {
      if (leading) channel.postMessage({ state } satisfies Note);
    } else if (leading) return;
    else if ('topics' in note) handlers.changed(note.topics);
    else handlers.state(note.state);
  };
  channel.postMessage({ ask: true } satisfies Note);

  const lead = async () => {
    leading = true;
    await stream(seams, stop.signal, enter, (topics) => {
      handlers.changed(topics);
      channel.postMessage({ topics } satisfies Note);
    });
  };
  const led = seams.locks
    ? seams.locks.request(name, { signal: stop.signal }, lead)
    : lead();
  Promise.resolve(led).catch(() => {
    // Aborted while waiting for its turn.
  });
  return () => {
    stop.abort();
    channel.close();
  };
}

async function stream(
  seams: LiveSeams,
  signal: AbortSignal,
  enter: (state: LiveState) => void,
  changed: (topics: string[]) => void,
): Promise<void> {
  const parser = new EventParser();
  let failures = 0;
  let lost = false;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream', ...apiHeaders() };
      if (parser.lastId !== '') headers['Last-Event-ID'] = parser.lastId;
      const response = await seams.fetch('/api/v1/events', {
        headers,
        signal,
        cache: 'no-store',
        credentials: 'same-origin',
      });
      // Signed out or not allowed: asking again changes nothing; the page's own requests tell.
      if (response.status === 401 || response.status === 403) return enter('down');
      if (!response.ok || !response.body) throw new Error(`events: ${response.status}`);
      failures = 0;
      enter('live');
      // Whatever happened while nobody listened.
      if (lost) changed(['*']);
      await read(response.body, parser, changed);
    } catch {
      if (signal.aborted) return;
    }
    lost = true;
    enter('down');
    await seams.wait(backoffMs(failures++, seams.random()), signal);
  }
}

async function read(
  body: ReadableStream<Uint8Array>,
  parser: EventParser,
  changed: (topics: string[]) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const event of parser.push(decoder.decode(value, { stream: true }))) {
      const topics = event.event === 'changed' ? topicsOf(event.data) : [];
      if (topics.length > 0) changed(topics);
    }
  }
}
