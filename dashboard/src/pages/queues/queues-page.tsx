import { useState } from 'react';
import { api } from '../../api/client';
import { useThing } from '../../api/list';
import type { Page as PageOf, Queue } from '../../api/types';
import { useAction } from '../../app/action';
import { useFilters } from '../../app/url';
import { useT } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { FilterText } from '../../ui/filter-text';
import { Empty, Facts, Loaded, Page, Section } from '../../ui/layout';
import { FilterBar } from '../../ui/list';
import { Badge, Duration, Ident, Num } from '../../ui/text';
import { QueueDialog } from './queue-dialog';

const NAMES = ['queue'] as const;

export default function QueuesPage() {
  const t = useT();
  const { filters, set, clear, active } = useFilters(NAMES);
  const queues = useThing<PageOf<Queue>>('queues', '/queues', { topics: ['jobs'] });
  return (
    <Page title={t('nav.queues')} lead={t('queues.lead')}>
      <FilterBar active={active} onClear={clear}>
        <FilterText label={t('jobs.queue')} ident value={filters.queue} onChange={(queue) => set({ queue })} />
      </FilterBar>
      <Loaded query={queues}>
        {(page) => {
          const shown = page.items.filter((queue) => queue.name.includes(filters.queue ?? ''));
          if (shown.length === 0) {
            return (
              <Section>
                <Empty icon="queues" title={active > 0 ? t('queues.empty_filtered') : t('queues.empty')}>
                  {active > 0 ? null : t('queues.empty_text')}
                </Empty>
              </Section>
            );
          }
          return <div className="cards">{shown.map((queue) => <QueueCard key={queue.name} queue={queue} />)}</div>;
        }}
      </Loaded>
    </Page>
  );
}

function QueueCard(props: { queue: Queue }) {
  const t = useT();
  const { queue } = props;
  const [editing, setEditing] = useState(false);
  const may = (action: string) => queue.allowed_actions.includes(action);
  const send = (action: 'pause' | 'resume') => api.post(`/queues/${encodeURIComponent(queue.name)}/${action}`);
  const act = useAction<'pause' | 'resume'>({
    run: send,
    topics: ['queues', 'overview'],
    done: (_, action) => t(`queues.done.${action}`, { name: queue.name }),
    undo: (_, action) => () => send(action === 'pause' ? 'resume' : 'pause'),
  });
  const jobs = (state: string) => `/jobs?state=${state}&queue=${encodeURIComponent(queue.name)}`;
  return (
    <Section
      title={<span className="line"><Ident>{queue.name}</Ident>{queue.paused && <Badge tone="warn" icon="pause">{t('queues.paused')}</Badge>}</span>}
      actions={
        <>
          {may('pause') && <Button small icon="pause" busy={act.isPending} onPress={() => act.mutate('pause')}>{t('queues.pause')}</Button>}
          {may('resume') && <Button small variant="primary" icon="play" busy={act.isPending} onPress={() => act.mutate('resume')}>{t('queues.resume')}</Button>}
          {may('change') && <Button small icon="edit" onPress={() => setEditing(true)}>{t('queues.limits')}</Button>}
        </>
      }
    >
      <Facts facts={[
        { label: t('overview.due'), value: <TextLink href={jobs('waiting')}><Num value={queue.due} /></TextLink> },
        { label: t('job.state.running'), value: <TextLink href={jobs('running')}><Num value={queue.running} /></TextLink> },
        { label: t('overview.later'), value: <Num value={queue.later} /> },
        { label: t('job.state.parked'), value: <TextLink href={jobs('parked')}><Num value={queue.parked} /></TextLink> },
        { label: t('queues.oldest'), value: queue.oldest_due_seconds === null ? null : <Duration ms={queue.oldest_due_seconds * 1000} /> },
        { label: t('queues.concurrency'), value: queue.concurrency === null ? t('queues.unlimited') : <Num value={queue.concurrency} /> },
        { label: t('queues.rate'), value: queue.rate_limit === null ? t('queues.unlimited') : (
          <span><Num value={queue.rate_limit} /> / <Duration ms={queue.rate_period_seconds * 1000} /></span>
        ) },
        { label: t('queues.max_attempts'), value: <Num value={queue.max_attempts} /> },
        queue.dead_letter ? { label: t('queues.dead_letter'), value: <Ident>{queue.dead_letter}</Ident> } : null,
      ]} />
      {editing && <QueueDialog name={queue.name} onClose={() => setEditing(false)} />}
    </Section>
  );
}
