import { useThing } from '../../api/list';
import type { Page, Queue } from '../../api/types';
import { useT } from '../../i18n/context';
import { FilterText } from '../../ui/filter-text';
import { Select } from '../../ui/form';
import { FilterBar } from '../../ui/list';
import { JOB_STATES, type JobFilterName, type JobFilters } from './filters';

export function JobFilterBar(props: {
  filters: JobFilters;
  set: (change: Partial<Record<JobFilterName, string | null>>) => void;
  clear: () => void;
  active: number;
  withState: boolean;
}) {
  const t = useT();
  const { filters, set } = props;
  const queues = useThing<Page<Queue>>('queues', '/queues');
  const kinds = useThing<Page<{ kind: string }>>('jobs', '/kinds');
  return (
    <FilterBar active={props.active} onClear={props.clear}>
      {props.withState && (
        <Select label={t('jobs.state')} value={filters.state ?? null} any={t('ui.any')}
          options={JOB_STATES.map((id) => ({ id, label: t(`job.state.${id}`) }))}
          onChange={(state) => set({ state })} />
      )}
      <Select label={t('jobs.queue')} value={filters.queue ?? null} any={t('ui.any')}
        options={(queues.data?.items ?? []).map((each) => ({ id: each.name, label: each.name, ident: true }))}
        onChange={(queue) => set({ queue })} />
      <Select label={t('jobs.kind')} value={filters.kind ?? null} any={t('ui.any')}
        options={(kinds.data?.items ?? []).map((each) => ({ id: each.kind, label: each.kind, ident: true }))}
        onChange={(kind) => set({ kind })} />
      <FilterText label={t('jobs.tag')} ident value={filters.tag} onChange={(tag) => set({ tag })} />
      <FilterText label={t('jobs.error_has')} value={filters.error} onChange={(error) => set({ error })} />
      <FilterText label={t('jobs.from')} type="date" ident value={filters.from} onChange={(from) => set({ from })} />
      <FilterText label={t('jobs.to')} type="date" ident value={filters.to} onChange={(to) => set({ to })} />
    </FilterBar>
  );
}
