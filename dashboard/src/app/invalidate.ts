// Turns "these topics changed" into refetches: gathered for a moment, held back while the tab is
// hidden, and never reloading a long list under somebody's eyes. The busier the server, the longer
// the moment: a page that is left open may take 4 % of one connection's time, and no more.
import type { Query, QueryClient } from '@tanstack/react-query';

declare module '@tanstack/react-query' {
  interface Register {
    queryMeta: {
      /** Topics besides the key's first part. */
      topics?: readonly string[];
    };
  }
}

const GATHER_MS = 1500;
const LONGEST_MS = 10_000;
const PAUSE_FOR_EACH_MS = 25;

/** How long to gather after a refetch that took so long. */
export function gatherAfter(tookMs: number): number {
  return Math.min(LONGEST_MS, Math.max(GATHER_MS, tookMs * PAUSE_FOR_EACH_MS));
}

export function concerns(query: Pick<Query, 'queryKey' | 'meta'>, topics: ReadonlySet<string>): boolean {
  if (query.queryKey[0] === 'me') return false;
  if (topics.has('*')) return true;
  const first = query.queryKey[0];
  if (typeof first === 'string' && topics.has(first)) return true;
  return (query.meta?.topics ?? []).some((topic) => topics.has(topic));
}

/** A list of which more than one page is loaded only learns that it is old. */
export function isLongList(query: Pick<Query, 'state'>): boolean {
  const data: unknown = query.state.data;
  if (typeof data !== 'object' || data === null || !('pages' in data)) return false;
  return Array.isArray(data.pages) && data.pages.length > 1;
}

export class Invalidator {
  private pending = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private gather = GATHER_MS;

  constructor(
    private readonly client: QueryClient,
    private readonly hidden: () => boolean = () => document.hidden,
  ) {}

  changed(topics: readonly string[]): void {
    for (const topic of topics) this.pending.add(topic);
    this.timer ??= setTimeout(() => this.flush(), this.gather);
  }

  /** Also called when the tab is shown again. */
  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.pending.size === 0 || this.hidden()) return;
    const topics = this.pending;
    this.pending = new Set();
    void this.client.invalidateQueries({
      predicate: (query) => concerns(query, topics) && isLongList(query),
      refetchType: 'none',
    });
    const began = performance.now();
    void this.client.invalidateQueries({
      predicate: (query) => concerns(query, topics) && !isLongList(query),
    }).then(() => {
      this.gather = gatherAfter(performance.now() - began);
    });
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
