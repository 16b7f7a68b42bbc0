// What a list of jobs can be narrowed by: in the address as days, to the API as instants.
import type { Params } from '../../api/client';
import type { BulkFilter } from '../../api/types';
import type { Filters } from '../../app/url';

export const JOB_FILTERS = ['state', 'queue', 'kind', 'tag', 'unique_key', 'error', 'from', 'to'] as const;
export type JobFilterName = (typeof JOB_FILTERS)[number];
export type JobFilters = Filters<JobFilterName>;

export const JOB_STATES = ['waiting', 'parked', 'running', 'completed', 'failed', 'cancelled'] as const;

/** The first moment of a local day (YYYY-MM-DD), `days` later; a full instant stays what it is. */
export function startOfDay(day: string, days = 0): string | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (parts) {
    return new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + days).toISOString();
  }
  return Number.isNaN(Date.parse(day)) ? undefined : new Date(day).toISOString();
}

/** "to" is a day that still counts. */
export function jobParams(filters: JobFilters): Params & BulkFilter {
  const { from, to, ...rest } = filters;
  const params: Params & BulkFilter = { ...rest };
  const first = from && startOfDay(from);
  const end = to && startOfDay(to, 1);
  if (first) params.from = first;
  if (end) params.to = end;
  return params;
}
