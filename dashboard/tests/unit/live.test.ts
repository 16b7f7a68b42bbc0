// Tabs share one connection: whoever holds the lock reads, the others listen.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LiveSeams, LiveState } from '../../src/app/live';

vi.stubGlobal('navigator', {});
vi.stubGlobal('sessionStorage', { getItem: () => null });
const { follow } = await import('../../src/app/live');

/** Locks and channels of one browser. */
class Browser {
  private held = new Map<string, Promise<unknown>>();
  private ends: { name: string; onmessage: ((event: MessageEvent) => void) | null }[] = [];
  streams: { controller: ReadableStreamDefaultController<Uint8Array>; headers: Record<string, string> }[] = [];
  status = 200;

  seams(): LiveSeams {
    return {
      locks: { request: (name: string, options: unknown, run: () => Promise<unknown>) => {
        const { signal } = options as { signal: AbortSignal };
        const turn = (this.held.get(name) ?? Promise.resolve()).then(() => (signal.aborted ? undefined : run()));
        this.held.set(name, turn.catch(() => undefined));
        return turn;
      } } as unknown as LockManager,
      channel: (name) => {
        const end = {
          name,
          onmessage: null as ((event: MessageEvent) => void) | null,
          postMessage: (data: unknown) => {
            for (const other of this.ends) {
              if (other !== end && other.name === name) other.onmessage?.({ data } as MessageEvent);
            }
          },
          close: () => { this.ends = this.ends.filter((each) => each !== end); },
        };
        this.ends.push(end);
        return end;
      },
      fetch: (_, init) => {
        const signal = init?.signal;
        if (this.status !== 200) return Promise.resolve(new Response(null, { status: this.status }));
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => {
            this.streams.push({ controller, headers: init?.headers as Record<string, string> });
            signal?.addEventListener('abort', () => controller.error(new Error('aborted')));
          },
        });
        return Promise.resolve(new Response(body));
      },
      wait: () => Promise.resolve(),
      random: () => 0,
    };
  }

  send(text: string): void {
    this.streams[this.streams.length - 1]?.controller.enqueue(new TextEncoder().encode(text));
  }
}

class Tab {
  topics: string[] = [];
  states: LiveState[] = [];
  stop: () => void;

  constructor(browser: Browser, person = 'account:1') {
    this.stop = follow(person, {
      changed: (topics) => this.topics.push(...topics),
      state: (state) => this.states.push(state),
    }, browser.seams());
  }
}

const CHANGED = 'event: changed\nid: 9\ndata: {"topics":["jobs"]}\n\n';
let browser: Browser;
beforeEach(() => { browser = new Browser(); });

describe('live changes', () => {
  it('reach every tab over one connection', async () => {
    const first = new Tab(browser);
    const second = new Tab(browser);
    await vi.waitFor(() => expect(browser.streams).toHaveLength(1));
    browser.send(CHANGED);
    await vi.waitFor(() => expect(second.topics).toEqual(['jobs']));
    expect(first.topics).toEqual(['jobs']);
    expect(browser.streams).toHaveLength(1);
  });

  it('go on in another tab when the leading one closes', async () => {
    const first = new Tab(browser);
    const second = new Tab(browser);
    await vi.waitFor(() => expect(browser.streams).toHaveLength(1));
    first.stop();
    await vi.waitFor(() => expect(browser.streams).toHaveLength(2));
    browser.send(CHANGED);
    await vi.waitFor(() => expect(second.topics).toEqual(['jobs']));
  });

  it('say where they stopped, and count everything as old after a gap', async () => {
    const tab = new Tab(browser);
    await vi.waitFor(() => expect(browser.streams).toHaveLength(1));
    browser.send(CHANGED);
    await vi.waitFor(() => expect(tab.topics).toEqual(['jobs']));
    browser.streams[0]?.controller.close();
    await vi.waitFor(() => expect(browser.streams).toHaveLength(2));
    expect(browser.streams[1]?.headers['Last-Event-ID']).toBe('9');
    await vi.waitFor(() => expect(tab.topics).toEqual(['jobs', '*']));
    expect(tab.states).toEqual(['live', 'down', 'live']);
  });

  it('are of one person: another one has a connection of their own', async () => {
    const one = new Tab(browser, 'account:1');
    const other = new Tab(browser, 'account:2');
    await vi.waitFor(() => expect(browser.streams).toHaveLength(2));
    browser.send(CHANGED);
    await vi.waitFor(() => expect(other.topics).toEqual(['jobs']));
    expect(one.topics).toEqual([]);
  });

  it('are not asked for again by somebody who is signed out', async () => {
    browser.status = 401;
    const tab = new Tab(browser);
    await vi.waitFor(() => expect(tab.states).toEqual(['down']));
    expect(browser.streams).toHaveLength(0);
  });
});
