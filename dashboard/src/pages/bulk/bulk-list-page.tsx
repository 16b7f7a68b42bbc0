import { useMemo } from 'react';
import { useList } from '../../api/list';
import type { Bulk } from '../../api/types';
import { useT, type Translate } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import { JobState } from '../../ui/job-state';
import { Page, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Num, Time, UserText } from '../../ui/text';

const columns = (t: Translate): Column<Bulk>[] => [
  {
    id: 'action',
    header: t('bulk.what'),
    show: 'main',
    cell: (bulk) => <TextLink href={`/bulk/${bulk.id}`}>{t(`bulk.title.${bulk.action}`)}</TextLink>,
  },
  { id: 'state', header: t('jobs.state'), cell: (bulk) => <JobState state={bulk.state} /> },
  { id: 'changed', header: t('bulk.changed'), numeric: true, cell: (bulk) => <Num value={bulk.changed} /> },
  { id: 'skipped', header: t('bulk.skipped'), numeric: true, show: 'wide', cell: (bulk) => <Num value={bulk.skipped} /> },
  { id: 'reason', header: t('ui.reason'), show: 'wide', cell: (bulk) => <UserText className="clip about">{bulk.reason}</UserText> },
  { id: 'actor', header: t('bulk.by'), cell: (bulk) => <UserText>{bulk.actor_name ?? bulk.actor}</UserText> },
  { id: 'at', header: t('jobs.created'), cell: (bulk) => <Time at={bulk.created_at} /> },
];

export default function BulkListPage() {
  const t = useT();
  const list = useList<Bulk>('bulk', '/bulk', {}, { topics: ['jobs'] });
  const shown = useMemo(() => columns(t), [t]);
  return (
    <Page title={t('nav.bulk')} lead={t('bulk.lead')}>
      <Section flush>
        <ListView caption={t('nav.bulk')} list={list} columns={shown} rowKey={(bulk) => String(bulk.id)}
          rowHref={(bulk) => `/bulk/${bulk.id}`}
          empty={{ icon: 'bulk', title: t('bulk.empty'), text: t('bulk.empty_text') }} />
      </Section>
    </Page>
  );
}
