// Lists by keyset cursor. The count comes by a request of its own, after the rows.
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { api, type Params } from './client';
import type { Count, Page } from './types';

export interface List<T> {
  rows: T[];
  /** Nothing has been loaded yet. */
  loading: boolean;
  error: Error | null;
  more: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  /** The server has said that something changed since. */
  stale: boolean;
  refresh: () => void;
  refreshing: boolean;
  count: Count | null;
}

/** Requests in a row for a list that has shown nothing yet. */
const LOOKS = 20;

interface Options {
  /** Of rows per request, at most 200. */
  limit?: number;
  /** Where the count is, e.g. "/jobs/count"; none: no count. */
  countPath?: string;
  /** Further topics of /events that make the list old. */
  topics?: readonly string[];
  enabled?: boolean;
}

/** `topic` is what /events calls these things; `path` the list below /api/v1. */
export function useList<T>(topic: string, path: string, params: Params, options: Options = {}): List<T> {
  const { limit = 100, countPath, topics = [], enabled = true } = options;
  const list = useInfiniteQuery({
    queryKey: [topic, 'list', path, params],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<T>>(path, { ...params, limit, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    meta: { topics },
    enabled,
  });
  const count = useQuery({
    queryKey: [topic, 'count', countPath, params],
    queryFn: ({ signal }) => api.get<Count>(countPath ?? '', params, signal),
    enabled: enabled && countPath !== undefined && list.isSuccess,
    placeholderData: keepPreviousData,
    meta: { topics },
  });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  // A page can be empty and still have a next one: the server stopped looking for something rare.
  // Look on for a while; after that people are asked.
  const looking = rows.length === 0 && list.hasNextPage && (list.data?.pages.length ?? 0) < LOOKS;
  const { fetchNextPage } = list;
  useEffect(() => {
    if (looking && !list.isFetching && !list.error) void fetchNextPage();
  }, [looking, list.isFetching, list.error, fetchNextPage]);
  return {
    rows,
    loading: (list.isPending || (looking && !list.error)) && enabled,
    error: list.error,
    more: list.hasNextPage,
    loadingMore: list.isFetchingNextPage,
    loadMore: () => void list.fetchNextPage(),
    stale: list.isStale && !list.isFetching && (list.data?.pages.length ?? 0) > 1,
    refresh: () => void list.refetch(),
    refreshing: list.isRefetching || (list.isFetching && list.isPlaceholderData),
    count: count.data ?? null,
  };
}

/** One thing: `useThing<Job>('jobs', '/jobs/12')`. */
export function useThing<T>(
  topic: string,
  path: string,
  options: {
    params?: Params;
    topics?: readonly string[];
    enabled?: boolean;
    /** Also asked every so often, for what should be seen to move. */
    everyMs?: (data: T | undefined) => number | false;
  } = {},
) {
  return useQuery({
    queryKey: [topic, 'one', path, options.params ?? null],
    queryFn: ({ signal }) => api.get<T>(path, options.params, signal),
    meta: { topics: options.topics ?? [] },
    enabled: options.enabled ?? true,
    refetchInterval: (query) => options.everyMs?.(query.state.data) ?? false,
  });
}
