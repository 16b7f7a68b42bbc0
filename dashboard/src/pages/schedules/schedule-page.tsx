import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { api } from '../../api/client';
import { useThing } from '../../api/list';
import type { ScheduleDetail } from '../../api/types';
import { useAction } from '../../app/action';
import { useT } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { JobState } from '../../ui/job-state';
import { JsonView } from '../../ui/json';
import { Empty, Facts, Notice, Page, Problem, Section, Skeleton } from '../../ui/layout';
import { Badge, Duration, Ident, Num, Tag, Time, UserText } from '../../ui/text';
import { NextTimes } from './next-times';
import { ScheduleDialog } from './schedule-dialog';

export default function SchedulePage() {
  const { name: encoded = '' } = useParams<{ name: string }>();
  const name = decodeURIComponent(encoded);
  const t = useT();
  const schedule = useThing<ScheduleDetail>('schedules', `/schedules/${encodeURIComponent(name)}`);
  return (
    <Page
      title={name}
      heading={<Ident>{name}</Ident>}
      crumbs={[{ href: '/schedules', label: t('nav.schedules') }]}
      lead={schedule.data?.paused && <Badge tone="warn" icon="pause">{t('queues.paused')}</Badge>}
      actions={schedule.data && <Actions schedule={schedule.data} />}
    >
      {schedule.data
        ? <Body schedule={schedule.data} />
        : schedule.error
          ? <Problem error={schedule.error} retry={() => void schedule.refetch()} />
          : <Skeleton />}
    </Page>
  );
}

function Actions(props: { schedule: ScheduleDetail }) {
  const t = useT();
  const confirm = useConfirm();
  const [, navigate] = useLocation();
  const [editing, setEditing] = useState(false);
  const { schedule } = props;
  const path = `/schedules/${encodeURIComponent(schedule.name)}`;
  const may = (action: string) => schedule.allowed_actions.includes(action);
  const send = (action: string) => api.post(`${path}/${action}`);
  const act = useAction<'pause' | 'resume' | 'run'>({
    run: send,
    topics: ['schedules', 'jobs'],
    done: (_, action) => t(`schedules.done.${action}`),
    undo: (_, action) => (action === 'run' ? undefined : () => send(action === 'pause' ? 'resume' : 'pause')),
  });
  const remove = useAction<string | undefined>({
    run: (reason) => api.delete(path, reason ? { reason } : undefined),
    topics: ['schedules'],
    done: () => t('schedules.removed', { name: schedule.name }),
    then: () => navigate('/schedules'),
  });
  const run = async () => {
    const yes = await confirm({
      title: t('schedules.run_title'),
      body: <p>{t('schedules.run_text')} <Ident>{schedule.kind}</Ident></p>,
      confirm: t('schedules.run'),
    });
    if (yes) act.mutate('run');
  };
  const drop = async () => {
    const yes = await confirm({
      title: t('schedules.delete_title', { name: schedule.name }),
      body: <p>{t('schedules.delete_text')}</p>,
      confirm: t('schedules.delete'),
      danger: true,
      reason: 'optional',
    });
    if (yes) remove.mutate(yes.reason);
  };
  return (
    <>
      {may('run') && <Button icon="play" busy={act.isPending} onPress={() => void run()}>{t('schedules.run')}</Button>}
      {may('pause') && <Button icon="pause" busy={act.isPending} onPress={() => act.mutate('pause')}>{t('queues.pause')}</Button>}
      {may('resume') && <Button variant="primary" icon="play" busy={act.isPending} onPress={() => act.mutate('resume')}>{t('queues.resume')}</Button>}
      {may('change') && <Button icon="edit" onPress={() => setEditing(true)}>{t('ui.edit')}</Button>}
      {may('delete') && <Button icon="trash" busy={remove.isPending} onPress={() => void drop()}>{t('schedules.delete')}</Button>}
      {editing && <ScheduleDialog schedule={schedule} onClose={() => setEditing(false)} />}
    </>
  );
}

function Body(props: { schedule: ScheduleDetail }) {
  const t = useT();
  const { schedule } = props;
  return (
    <>
      {schedule.last_error && <Notice tone="bad"><UserText>{schedule.last_error}</UserText></Notice>}
      <Section title={t('job.facts')}>
        <Facts facts={[
          { label: t('schedules.cron'), value: <Ident>{schedule.cron}</Ident> },
          { label: t('schedules.tz'), value: <Ident>{schedule.tz}</Ident> },
          { label: t('jobs.kind'), value: <Ident>{schedule.kind}</Ident> },
          { label: t('jobs.queue'), value: <Ident>{schedule.queue}</Ident> },
          { label: t('job.priority'), value: <Num value={schedule.priority} /> },
          { label: t('queues.max_attempts'), value: <Num value={schedule.max_attempts} /> },
          { label: t('schedules.missed'), value: <Ident>{schedule.missed}</Ident> },
          { label: t('schedules.jitter'), value: <Duration ms={schedule.jitter_seconds === null ? null : schedule.jitter_seconds * 1000} /> },
          schedule.tags.length > 0 ? { label: t('jobs.tags'), wide: true, value: schedule.tags.map((tag) => <Tag key={tag}>{tag}</Tag>) } : null,
        ]} />
      </Section>
      <div className="columns">
        <Section title={t('schedules.next_times')}>
          {schedule.paused ? <p className="muted">{t('schedules.paused_text')}</p> : <NextTimes times={schedule.next} />}
        </Section>
        <Section title={t('job.payload')}><JsonView value={schedule.payload} label={t('job.payload')} /></Section>
      </div>
      <Section flush title={t('schedules.runs')}>
        {schedule.runs.length === 0
          ? <Empty icon="clock" title={t('schedules.no_runs')} />
          : (
            <ul className="rows">
              {schedule.runs.map((run) => (
                <li key={run.fire_at}>
                  <span className="grow"><Time at={run.fired_at ?? run.fire_at} absolute /></span>
                  {run.manual && <Badge tone="neutral">{t('schedules.by_hand')}</Badge>}
                  {run.job_id && <TextLink href={`/jobs/${run.job_id}`}><Ident>#{run.job_id}</Ident></TextLink>}
                  {run.state ? <JobState state={run.state} /> : <span className="muted">{t('job.state.gone')}</span>}
                </li>
              ))}
            </ul>
          )}
      </Section>
    </>
  );
}
