import { useMemo } from 'react';
import { useList } from '../../api/list';
import type { Worker } from '../../api/types';
import { useT, type Translate } from '../../i18n/context';
import { Page, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Ident, Num, Tag, Time } from '../../ui/text';

const columns = (t: Translate): Column<Worker>[] => [
  {
    id: 'name',
    header: t('workers.name'),
    show: 'main',
    cell: (each) => <span className="two-lines"><Ident>{each.name}</Ident><Ident className="muted small">#{each.id}</Ident></span>,
  },
  {
    id: 'queues',
    header: t('nav.queues'),
    cell: (each) => (each.queues && each.queues.length > 0
      ? each.queues.map((queue) => <Tag key={queue}>{queue}</Tag>) : t('workers.all_queues')),
  },
  { id: 'claimed', header: t('workers.claimed'), numeric: true, cell: (each) => <Num value={each.claimed} /> },
  { id: 'started', header: t('workers.started'), cell: (each) => <Time at={each.started_at} /> },
  { id: 'renewed', header: t('workers.renewed'), cell: (each) => <Time at={each.renewed_at} /> },
];

export default function WorkersPage() {
  const t = useT();
  const list = useList<Worker>('workers', '/workers', {});
  const shown = useMemo(() => columns(t), [t]);
  return (
    <Page title={t('nav.workers')} lead={t('workers.lead')}>
      <Section flush>
        <ListView caption={t('nav.workers')} list={list} columns={shown} rowKey={(each) => String(each.id)}
          empty={{ icon: 'workers', title: t('overview.no_workers'), text: t('workers.empty_text') }} />
      </Section>
    </Page>
  );
}
