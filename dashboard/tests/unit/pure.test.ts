// The decisions behind the pages.
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { describe, expect, it, vi } from 'vitest';
import { queryString } from '../../src/api/client';
import { problemOf } from '../../src/api/problem';
import { concerns, gatherAfter, Invalidator } from '../../src/app/invalidate';
import { targetsOf } from '../../src/app/search';
import { readFilters, writeFilters } from '../../src/app/url';
import { differences } from '../../src/pages/audit/diff';
import { jobParams, startOfDay } from '../../src/pages/jobs/filters';
import { layOut } from '../../src/pages/jobs/flow-layout';
import { changesOf } from '../../src/pages/queues/changes';

describe('filters in the address', () => {
  const names = ['state', 'tag'] as const;

  it('are read by name, without blanks', () => {
    const search = new URLSearchParams('state=failed&tag=%20order:1%20&other=x');
    expect(readFilters(search, names)).toEqual({ state: 'failed', tag: 'order:1' });
    expect(readFilters(new URLSearchParams('state=%20&tag='), names)).toEqual({});
  });

  it('leave the rest of the address alone', () => {
    const search = new URLSearchParams('state=failed&view=wide');
    expect(writeFilters(search, { state: null, tag: 'order:1' }).toString()).toBe('view=wide&tag=order%3A1');
  });

  it('mean whole local days', () => {
    const from = startOfDay('2026-03-01');
    expect(new Date(from ?? '').getHours()).toBe(0);
    expect(new Date(from ?? '').getDate()).toBe(1);
    const { to } = jobParams({ to: '2026-03-31' });
    expect(new Date(to ?? '').getDate()).toBe(1);
    expect(startOfDay('yesterday')).toBeUndefined();
  });

  it('go to the API without what is empty', () => {
    expect(queryString({ a: '', b: null, c: 'x y', d: ['1', '2'], e: 0 })).toBe('?c=x+y&d=1&d=2&e=0');
    expect(queryString({})).toBe('');
  });
});

describe('a search', () => {
  it('for a number is a job, in Arabic digits too', () => {
    expect(targetsOf('#4811230')[0]).toEqual({ kind: 'job', href: '/jobs/4811230', text: '4811230' });
    expect(targetsOf('٤٨١')[0]?.href).toBe('/jobs/481');
    expect(targetsOf('۴۸۱')[0]?.href).toBe('/jobs/481');
  });

  it('for anything with a colon is a tag', () => {
    expect(targetsOf('order:7004')).toEqual([{ kind: 'tag', href: '/timeline?tag=order%3A7004', text: 'order:7004' }]);
  });

  it('for a UUID is a notification', () => {
    expect(targetsOf('7F0D3C1E-1111-4AAA-8BBB-000000000001')[0]?.kind).toBe('notification');
  });

  it('for nothing finds nothing', () => {
    expect(targetsOf('   ')).toEqual([]);
  });
});

describe('a problem', () => {
  const answer = (status: number, body: string, headers: Record<string, string> = {}) =>
    new Response(body, { status, headers });

  it('keeps its code, request and violations', async () => {
    const body = { code: 'invalid', detail: 'wrong', request_id: 'r1', errors: [{ at: '/reason', problem: 'is missing' }] };
    const problem = await problemOf(answer(422, JSON.stringify(body), { 'retry-after': '7' }));
    expect(problem).toMatchObject({ status: 422, code: 'invalid', requestId: 'r1', retryAfterSeconds: 7 });
    expect(problem.errors).toEqual([{ at: '/reason', problem: 'is missing' }]);
  });

  it('of a proxy has a code by its status', async () => {
    expect(await problemOf(answer(502, '<h1>Bad gateway</h1>', { 'x-request-id': 'r2' })))
      .toMatchObject({ code: 'unavailable', requestId: 'r2' });
    expect((await problemOf(answer(418, '{"code":7}'))).code).toBe('http_418');
  });
});

describe('a change of topics', () => {
  it('concerns what is of it or says so, and never who is signed in', () => {
    const query = (key: unknown[], topics?: string[]) => ({ queryKey: key, meta: topics && { topics } });
    const jobs = new Set(['jobs']);
    expect(concerns(query(['jobs', 'list']), jobs)).toBe(true);
    expect(concerns(query(['overview'], ['jobs']), jobs)).toBe(true);
    expect(concerns(query(['audit']), jobs)).toBe(false);
    expect(concerns(query(['audit']), new Set(['*']))).toBe(true);
    expect(concerns(query(['me']), new Set(['*']))).toBe(false);
  });

  it('makes a long list old without loading it, and waits while nobody looks', async () => {
    vi.useFakeTimers();
    const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
    const page = { items: [], next: null };
    client.setQueryData(['jobs', 'list'], { pages: [page, page], pageParams: [null, '1'] });
    let hidden = true;
    const invalidator = new Invalidator(client, () => hidden);
    invalidator.changed(['jobs']);
    await vi.advanceTimersByTimeAsync(2000);
    expect(client.getQueryState(['jobs', 'list'])?.isInvalidated).toBe(false);
    hidden = false;
    invalidator.flush();
    expect(client.getQueryState(['jobs', 'list'])?.isInvalidated).toBe(true);
    expect(client.isFetching()).toBe(0);
    invalidator.stop();
    vi.useRealTimers();
  });

  it('asks a busy server less often, but never leaves a page old for long', () => {
    expect(gatherAfter(5)).toBe(1500);
    expect(gatherAfter(120)).toBe(3000);
    expect(gatherAfter(60_000)).toBe(10_000);
  });

  it('gathers for longer after a refetch that took long', async () => {
    vi.useFakeTimers();
    const client = new QueryClient();
    let asked = 0;
    const observer = new QueryObserver(client, {
      queryKey: ['jobs'],
      queryFn: () => {
        ++asked;
        return new Promise((done) => setTimeout(() => done(asked), 200));
      },
    });
    const leave = observer.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(200);
    const invalidator = new Invalidator(client, () => false);
    invalidator.changed(['jobs']);
    await vi.advanceTimersByTimeAsync(1700);
    expect(asked).toBe(2);
    invalidator.changed(['jobs']);
    await vi.advanceTimersByTimeAsync(4900);
    expect(asked).toBe(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toBe(3);
    invalidator.stop();
    leave();
    vi.useRealTimers();
  });
});

describe('a flow', () => {
  const nodes = (...ids: number[]) => ids.map((id) => ({ id, kind: 'k', state: 'waiting' }));

  it('puts each job after its last parent', () => {
    const layout = layOut({
      nodes: nodes(1, 2, 3, 4),
      edges: [{ from: 1, to: 3 }, { from: 2, to: 3 }, { from: 3, to: 4 }, { from: 1, to: 4 }],
    });
    expect(layout.nodes.map(({ id, column }) => [id, column])).toEqual([[1, 0], [2, 0], [3, 1], [4, 2]]);
    expect([layout.columns, layout.rows, layout.edges.length]).toEqual([3, 2, 4]);
  });

  it('survives a circle and an edge to nowhere', () => {
    const layout = layOut({ nodes: nodes(1, 2), edges: [{ from: 1, to: 2 }, { from: 2, to: 1 }, { from: 9, to: 1 }] });
    expect(layout.nodes).toHaveLength(2);
    expect(layout.edges).toHaveLength(2);
  });

  it('of nothing is nothing', () => {
    expect(layOut({ nodes: [], edges: [] })).toEqual({ nodes: [], edges: [], columns: 0, rows: 0 });
  });
});

describe('changes', () => {
  it('are the members that differ, of those that a form knows', () => {
    expect(changesOf({ a: 1, b: [1], c: 'x' }, { a: 2, b: [1], c: 'y' }, ['a', 'b'])).toEqual({ a: 2 });
  });

  it('of an audit line are told member by member', () => {
    expect(differences({ a: 1, b: { c: 2, d: 3 } }, { a: 1, b: { c: 5, d: 3 }, e: null })).toEqual([
      { path: 'b.c', before: 2, after: 5 },
      { path: 'e', before: undefined, after: null },
    ]);
    expect(differences(null, { a: 1 })).toEqual([{ path: 'a', before: undefined, after: 1 }]);
    expect(differences([1], [1])).toEqual([]);
    expect(differences([1], [2])).toEqual([{ path: '', before: [1], after: [2] }]);
  });
});
