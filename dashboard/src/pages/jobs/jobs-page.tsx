import { useMemo } from 'react';
import { useList } from '../../api/list';
import type { BulkAction, JobItem } from '../../api/types';
import { useFilters } from '../../app/url';
import { useT } from '../../i18n/context';
import { Page, Section } from '../../ui/layout';
import { ListView, useSelection } from '../../ui/list';
import { BulkBar } from './bulk-bar';
import { jobColumns } from './columns';
import { JobFilterBar } from './filter-bar';
import { JOB_FILTERS, jobParams } from './filters';

const ACTIONS: readonly BulkAction[] = ['retry', 'run_now', 'cancel'];
const key = (job: JobItem) => String(job.id);
const href = (job: JobItem) => `/jobs/${job.id}`;

export default function JobsPage() {
  const t = useT();
  const { filters, set, clear, active } = useFilters(JOB_FILTERS);
  const params = useMemo(() => jobParams(filters), [filters]);
  const list = useList<JobItem>('jobs', '/jobs', params, { countPath: '/jobs/count' });
  const columns = useMemo(() => jobColumns(t), [t]);
  const selection = useSelection();
  const changeable = list.rows.some((job) => job.allowed_actions.length > 0);
  return (
    <Page title={t('jobs.title')}>
      <JobFilterBar filters={filters} set={set} clear={clear} active={active} withState />
      <Section flush>
        <ListView
          caption={t('jobs.title')}
          list={list}
          columns={columns}
          rowKey={key}
          rowHref={href}
          rowLabel={(job) => t('jobs.select', { kind: job.kind, id: String(job.id) })}
          selection={changeable ? selection : undefined}
          empty={active > 0
            ? { icon: 'search', title: t('jobs.empty_filtered'), text: t('jobs.empty_filtered_text') }
            : { icon: 'jobs', title: t('jobs.empty'), text: t('jobs.empty_text') }}
        />
      </Section>
      <BulkBar actions={ACTIONS} rows={list.rows} chosen={selection.keys} filter={params} onDone={selection.clear} />
    </Page>
  );
}
