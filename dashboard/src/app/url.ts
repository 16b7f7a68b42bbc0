// Filters live in the address, so that a view can be kept, sent to somebody, and come back to.
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

export type Filters<Name extends string> = Partial<Record<Name, string>>;

/** Only the names asked for; empty values are no filters. */
export function readFilters<Name extends string>(
  search: URLSearchParams,
  names: readonly Name[],
): Filters<Name> {
  const filters: Filters<Name> = {};
  for (const name of names) {
    const value = search.get(name)?.trim();
    if (value) filters[name] = value;
  }
  return filters;
}

/** Everything else in the address stays as it is. */
export function writeFilters<Name extends string>(
  search: URLSearchParams,
  change: Partial<Record<Name, string | null | undefined>>,
): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries<string | null | undefined>(change)) {
    if (value === null || value === undefined || value.trim() === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}

export function useFilters<Name extends string>(names: readonly Name[]) {
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  const filters = useMemo(
    () => readFilters(new URLSearchParams(text), names),
    // The names are constants of the page.
    [text],
  );
  const set = useCallback(
    (change: Partial<Record<Name, string | null | undefined>>) =>
      setSearch((now) => writeFilters(now, change), { replace: true }),
    [setSearch],
  );
  const clear = useCallback(
    () => setSearch((now) => writeFilters(now, Object.fromEntries(names.map((n) => [n, null])) as
      Record<Name, null>), { replace: true }),
    [setSearch, names],
  );
  const active = Object.keys(filters).length;
  return { filters, set, clear, active };
}
