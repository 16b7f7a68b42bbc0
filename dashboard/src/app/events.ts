// Server-sent events (WHATWG HTML §9.2) over fetch, which unlike EventSource can carry a bearer
// token. `EventParser` is pure: bytes in any pieces in, events out.

export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** More than this without a line's end is no event stream. */
const MAX_LINE = 256 * 1024;

export class EventParser {
  private rest = '';
  private event = '';
  private data: string[] = [];
  lastId = '';

  push(text: string): ServerEvent[] {
    this.rest += text;
    const events: ServerEvent[] = [];
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.rest);
      if (!end) break;
      this.line(this.rest.slice(0, end.index), events);
      this.rest = this.rest.slice(end.index + end[0].length);
    }
    if (this.rest.length > MAX_LINE) throw new Error('event stream: line too long');
    return events;
  }

  private line(line: string, events: ServerEvent[]): void {
    if (line === '') {
      if (this.data.length > 0) {
        events.push({ id: this.lastId, event: this.event || 'message', data: this.data.join('\n') });
      }
      this.event = '';
      this.data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
  }
}

/** What an event says has changed; anything else says nothing. */
export function topicsOf(data: string): string[] {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== 'object' || value === null) return [];
    const topics = (value as { topics?: unknown }).topics;
    return Array.isArray(topics) ? topics.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

/** Grows from 1 s to 30 s; `jitter` in [0,1) keeps many pages from coming back at once. */
export function backoffMs(failures: number, jitter: number): number {
  const base = Math.min(30_000, 1000 * 2 ** Math.min(failures, 5));
  return base / 2 + (base / 2) * jitter;
}
