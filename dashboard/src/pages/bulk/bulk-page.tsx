import { useMemo } from 'react';
import { useParams } from 'wouter';
import { api } from '../../api/client';
import { useList, useThing } from '../../api/list';
import type { Bulk, BulkOutcome } from '../../api/types';
import { useAction } from '../../app/action';
import { useFormat, useT, type Translate } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { JobState } from '../../ui/job-state';
import { JsonView } from '../../ui/json';
import { Facts, Notice, Page, Problem, Progress, Section, Skeleton } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Ident, Num, Time, UserText } from '../../ui/text';

const columns = (t: Translate): Column<BulkOutcome>[] => [
  {
    id: 'job',
    header: t('jobs.job'),
    show: 'main',
    cell: (each) => <TextLink href={`/jobs/${each.job_id}`}><Ident>#{each.job_id}</Ident></TextLink>,
  },
  { id: 'outcome', header: t('bulk.outcome'), cell: (each) => <JobState state={each.outcome} /> },
  { id: 'detail', header: t('bulk.detail'), cell: (each) => <UserText>{each.detail}</UserText> },
];

export default function BulkPage() {
  const { id = '' } = useParams<{ id: string }>();
  const t = useT();
  const path = `/bulk/${encodeURIComponent(id)}`;
  const bulk = useThing<Bulk>('bulk', path, {
    topics: ['jobs'],
    everyMs: (data) => data?.state === 'running' && 2000,
  });
  const running = bulk.data?.state === 'running';
  const title = bulk.data ? t(`bulk.title.${bulk.data.action}`) : t('nav.bulk');
  return (
    <Page
      title={title}
      crumbs={[{ href: '/bulk', label: t('nav.bulk') }]}
      lead={bulk.data && <JobState state={bulk.data.state} />}
      actions={bulk.data && running && <CancelBulk bulk={bulk.data} />}
    >
      {bulk.data
        ? <Body bulk={bulk.data} />
        : bulk.error
          ? <Problem error={bulk.error} retry={() => void bulk.refetch()} />
          : <Skeleton />}
    </Page>
  );
}

function CancelBulk(props: { bulk: Bulk }) {
  const t = useT();
  const confirm = useConfirm();
  const { bulk } = props;
  const stop = useAction<string | undefined>({
    run: (reason) => api.post(`/bulk/${bulk.id}/cancel`, reason ? { reason } : {}),
    topics: ['bulk', 'jobs'],
    done: () => t('bulk.stopped'),
  });
  if (bulk.allowed_actions && !bulk.allowed_actions.includes('cancel')) return null;
  const ask = async () => {
    const yes = await confirm({
      title: t('bulk.stop_title'),
      body: <p>{t('bulk.stop_text', { count: bulk.changed })}</p>,
      confirm: t('bulk.stop'),
      danger: true,
      reason: 'optional',
    });
    if (yes) stop.mutate(yes.reason);
  };
  return <Button icon="stop" busy={stop.isPending} onPress={() => void ask()}>{t('bulk.stop')}</Button>;
}

function Body(props: { bulk: Bulk }) {
  const t = useT();
  const format = useFormat();
  const { bulk } = props;
  const done = bulk.changed + bulk.skipped + bulk.failed;
  const share = bulk.progress ?? (bulk.total ? done / bulk.total : 0);
  const outcomes = useList<BulkOutcome>('bulk', `/bulk/${bulk.id}/outcomes`, {}, { topics: ['jobs'] });
  const shown = useMemo(() => columns(t), [t]);
  return (
    <>
      {bulk.error && <Notice tone="bad"><UserText>{bulk.error}</UserText></Notice>}
      <Section title={t('bulk.progress')}>
        <div className="stack">
          <Progress value={bulk.state === 'completed' ? 1 : share} label={t('bulk.progress')} />
          <p aria-live="polite">
            {bulk.total === null
              ? t('bulk.done_so_far', { done: format.number(done) })
              : t('bulk.done_of', { done: format.number(done), total: format.number(bulk.total) })}
          </p>
          <Facts facts={[
            { label: t('bulk.changed'), value: <Num value={bulk.changed} /> },
            { label: t('bulk.skipped'), value: <Num value={bulk.skipped} /> },
            { label: t('bulk.failed'), value: <Num value={bulk.failed} /> },
            { label: t('bulk.by'), value: <UserText>{bulk.actor_name ?? bulk.actor}</UserText> },
            { label: t('jobs.created'), value: <Time at={bulk.created_at} absolute /> },
            bulk.finished_at ? { label: t('job.finished_at'), value: <Time at={bulk.finished_at} absolute /> } : null,
            bulk.job_id ? { label: t('jobs.job'), value: <TextLink href={`/jobs/${bulk.job_id}`}><Ident>#{bulk.job_id}</Ident></TextLink> } : null,
            { label: t('ui.reason'), value: <UserText>{bulk.reason}</UserText>, wide: true },
          ]} />
        </div>
      </Section>
      <Section title={t('bulk.filter')}><JsonView value={bulk.filter} label={t('bulk.filter')} /></Section>
      <Section flush title={t('bulk.outcomes')}>
        <ListView caption={t('bulk.outcomes')} list={outcomes} columns={shown} rowKey={(each) => String(each.job_id)}
          empty={{ icon: 'clock', title: t('bulk.no_outcomes') }} />
      </Section>
    </>
  );
}
