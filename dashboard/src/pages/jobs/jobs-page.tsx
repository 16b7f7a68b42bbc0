import { useList } from '../../api/list';
import type { JobItem } from '../../api/types';
import { useFilters } from '../../app/url';
import { useT, type Translate } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import { FilterText } from '../../ui/filter-text';
import { Select } from '../../ui/form';
import { JobState } from '../../ui/job-state';
import { Page, Section } from '../../ui/layout';
import { FilterBar, ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Ident, Num, Tag, Time } from '../../ui/text';
import { useMemo } from 'react';

const FILTERS = ['state', 'queue', 'kind', 'tag', 'error', 'from', 'to'] as const;
export const STATES = ['due', 'later', 'running', 'parked', 'completed', 'failed', 'cancelled'] as const;

const columns = (t: Translate): Column<JobItem>[] => [
  {
    id: 'job',
    header: t('jobs.job'),
    show: 'main',
    cell: (job) => (
      <span className="two-lines">
        <TextLink href={`/jobs/${job.id}`}><Ident>{job.kind}</Ident></TextLink>
        <Ident className="muted small">#{job.id}</Ident>
      </span>
    ),
  },
  { id: 'state', header: t('jobs.state'), cell: (job) => <JobState state={job.state} /> },
  { id: 'queue', header: t('jobs.queue'), cell: (job) => <Ident>{job.queue}</Ident>, show: 'wide' },
  { id: 'attempt', header: t('jobs.attempt'), cell: (job) => <Num value={job.attempt} />, numeric: true, show: 'wide' },
  { id: 'tags', header: t('jobs.tags'), cell: (job) => job.tags.map((tag) => <Tag key={tag}>{tag}</Tag>), show: 'wide' },
  { id: 'created', header: t('jobs.created'), cell: (job) => <Time at={job.created_at} /> },
];

export default function JobsPage() {
  const t = useT();
  const { filters, set, clear, active } = useFilters(FILTERS);
  const list = useList<JobItem>('jobs', '/jobs', filters, { countPath: '/jobs/count' });
  const shown = useMemo(() => columns(t), [t]);
  return (
    <Page title={t('jobs.title')}>
      <FilterBar active={active} onClear={clear}>
        <Select label={t('jobs.state')} value={filters.state ?? null} any={t('ui.any')}
          options={STATES.map((id) => ({ id, label: t(`job.state.${id}`) }))}
          onChange={(state) => set({ state })} />
        <FilterText label={t('jobs.kind')} ident value={filters.kind} onChange={(kind) => set({ kind })} />
      </FilterBar>
      <Section flush>
        <ListView caption={t('jobs.title')} list={list} columns={shown} rowKey={(job) => String(job.id)}
          rowHref={(job) => `/jobs/${job.id}`} empty={{ icon: 'jobs', title: t('jobs.empty') }} />
      </Section>
    </Page>
  );
}
