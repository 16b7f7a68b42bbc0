import { useMemo, useState } from 'react';
import { useList } from '../../api/list';
import type { Schedule } from '../../api/types';
import { useCan } from '../../app/session';
import { useT, type Translate } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { Page, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Badge, Ident, Time } from '../../ui/text';
import { ScheduleDialog } from './schedule-dialog';

const columns = (t: Translate): Column<Schedule>[] => [
  {
    id: 'name',
    header: t('schedules.name'),
    show: 'main',
    cell: (each) => <TextLink href={`/schedules/${encodeURIComponent(each.name)}`}><Ident>{each.name}</Ident></TextLink>,
  },
  {
    id: 'state',
    header: t('jobs.state'),
    cell: (each) => (each.paused
      ? <Badge tone="warn" icon="pause">{t('queues.paused')}</Badge>
      : each.last_error
        ? <Badge tone="bad">{t('schedules.error')}</Badge>
        : <Badge tone="good">{t('schedules.active')}</Badge>),
  },
  { id: 'cron', header: t('schedules.cron'), cell: (each) => <Ident>{each.cron}</Ident> },
  { id: 'tz', header: t('schedules.tz'), show: 'wide', cell: (each) => <Ident>{each.tz}</Ident> },
  { id: 'kind', header: t('jobs.kind'), show: 'wide', cell: (each) => <Ident>{each.kind}</Ident> },
  { id: 'next', header: t('schedules.next'), cell: (each) => <Time at={each.paused ? null : each.next_at} /> },
  { id: 'last', header: t('schedules.last'), show: 'wide', cell: (each) => <Time at={each.last_fire_at} /> },
];

export default function SchedulesPage() {
  const t = useT();
  const can = useCan();
  const [adding, setAdding] = useState(false);
  const list = useList<Schedule>('schedules', '/schedules', {});
  const shown = useMemo(() => columns(t), [t]);
  const add = can('schedules.manage') && (
    <Button variant="primary" icon="plus" onPress={() => setAdding(true)}>{t('schedules.add')}</Button>
  );
  return (
    <Page title={t('nav.schedules')} lead={t('schedules.lead')} actions={add}>
      <Section flush>
        <ListView caption={t('nav.schedules')} list={list} columns={shown} rowKey={(each) => each.name}
          rowHref={(each) => `/schedules/${encodeURIComponent(each.name)}`}
          empty={{ icon: 'schedules', title: t('schedules.empty'), text: t('schedules.empty_text') }} />
      </Section>
      {adding && <ScheduleDialog schedule={null} onClose={() => setAdding(false)} />}
    </Page>
  );
}
