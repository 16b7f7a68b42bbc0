import { useMemo } from 'react';
import { useList } from '../../api/list';
import type { BulkAction, JobItem } from '../../api/types';
import { useFilters } from '../../app/url';
import { useT } from '../../i18n/context';
import { Page, Section } from '../../ui/layout';
import { ListView, useSelection } from '../../ui/list';
import { BulkBar } from '../jobs/bulk-bar';
import { jobColumns } from '../jobs/columns';
import { JobFilterBar } from '../jobs/filter-bar';
import { JOB_FILTERS, jobParams } from '../jobs/filters';

const ACTIONS: readonly BulkAction[] = ['redrive'];
const key = (job: JobItem) => String(job.id);
const href = (job: JobItem) => `/jobs/${job.id}`;

export default function DeadLettersPage() {
  const t = useT();
  const { filters, set, clear, active } = useFilters(JOB_FILTERS);
  const params = useMemo(() => jobParams(filters), [filters]);
  const list = useList<JobItem>('jobs', '/dead-letters', params, { countPath: '/dead-letters/count' });
  const columns = useMemo(() => jobColumns(t, true), [t]);
  const selection = useSelection();
  const changeable = list.rows.some((job) => job.allowed_actions.length > 0);
  return (
    <Page title={t('dead.title')} lead={t('dead.lead')}>
      <JobFilterBar filters={filters} set={set} clear={clear} active={active} withState={false} />
      <Section flush>
        <ListView
          caption={t('dead.title')}
          list={list}
          columns={columns}
          rowKey={key}
          rowHref={href}
          rowLabel={(job) => t('jobs.select', { kind: job.kind, id: String(job.id) })}
          selection={changeable ? selection : undefined}
          empty={active > 0
            ? { icon: 'search', title: t('dead.empty_filtered'), text: t('jobs.empty_filtered_text') }
            : { icon: 'checkCircle', title: t('dead.empty'), text: t('dead.empty_text') }}
        />
      </Section>
      <BulkBar actions={ACTIONS} rows={list.rows} chosen={selection.keys} filter={params} onDone={selection.clear} />
    </Page>
  );
}
