import { describe, expect, it } from 'vitest';
import { backoffMs, EventParser, topicsOf } from '../../src/app/events';

const STREAM = ': heartbeat\n\nevent: changed\nid: 7\ndata: {"topics":["jobs",\ndata: "queues"]}\r\n\r\n' +
  'data:one\n\nevent: lost';

describe('the event parser', () => {
  it('reads events, comments and ids', () => {
    const parser = new EventParser();
    const events = parser.push(STREAM);
    expect(events).toEqual([
      { id: '7', event: 'changed', data: '{"topics":["jobs",\n"queues"]}' },
      { id: '7', event: 'message', data: 'one' },
    ]);
    expect(parser.lastId).toBe('7');
  });

  it('reads the same in any pieces', () => {
    const whole = new EventParser().push(STREAM);
    for (let cut = 0; cut <= STREAM.length; ++cut) {
      const parser = new EventParser();
      expect([...parser.push(STREAM.slice(0, cut)), ...parser.push(STREAM.slice(cut))], `cut at ${cut}`).toEqual(whole);
    }
  });

  it('gives up on a line without an end', () => {
    expect(() => new EventParser().push('x'.repeat(300_000))).toThrow('too long');
  });
});

describe('topics', () => {
  it('are the texts of the list', () => {
    expect(topicsOf('{"topics":["jobs",3,"queues"]}')).toEqual(['jobs', 'queues']);
  });

  it.each(['', 'null', '[]', '{"topics":"jobs"}', '{'])('are none in %s', (data) => {
    expect(topicsOf(data)).toEqual([]);
  });
});

describe('the pause before connecting again', () => {
  it('grows, and ends at half a minute', () => {
    expect(backoffMs(0, 0)).toBe(500);
    expect(backoffMs(1, 0)).toBe(1000);
    expect(backoffMs(50, 0.999)).toBeLessThanOrEqual(30_000);
  });
});
