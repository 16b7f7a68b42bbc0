import { useMemo } from 'react';
import { useThing } from '../../api/list';
import type { Worker } from '../../api/types';
import { useT, type Translate } from '../../i18n/context';
import { Empty, Loaded, Page, Section } from '../../ui/layout';
import { Table, type Column } from '../../ui/table';
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
  // All of them in one answer: this list has no pages.
  const query = useThing<{ items: Worker[] }>('workers', '/workers');
  const shown = useMemo(() => columns(t), [t]);
  return (
    <Page title={t('nav.workers')} lead={t('workers.lead')}>
      <Section flush>
        <Loaded query={query}>
          {({ items }) => items.length === 0
            ? <Empty icon="workers" title={t('overview.no_workers')}>{t('workers.empty_text')}</Empty>
            : <Table caption={t('nav.workers')} columns={shown} rows={items} rowKey={(each) => String(each.id)} />}
        </Loaded>
      </Section>
    </Page>
  );
}
