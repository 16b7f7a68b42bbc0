import { useParams } from 'wouter';
import { useThing } from '../../api/list';
import type { Job } from '../../api/types';
import { useT } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import { JobState } from '../../ui/job-state';
import { JsonView } from '../../ui/json';
import { Facts, Notice, Page, Problem, Progress, Section, Skeleton } from '../../ui/layout';
import { CopyButton, Duration, Ident, Num, Tag, Time, UserText } from '../../ui/text';
import { Attempts } from './attempts';
import { FlowGraph } from './flow-graph';
import { JobActions } from './job-actions';
import { JobLog } from './job-log';
import { Family } from './family';

export default function JobPage() {
  const { id = '' } = useParams<{ id: string }>();
  const t = useT();
  const job = useThing<Job>('jobs', `/jobs/${encodeURIComponent(id)}`);
  const title = job.data ? `${job.data.kind} #${job.data.id}` : `#${id}`;
  return (
    <Page
      title={title}
      heading={job.data
        ? <span className="line"><Ident>{job.data.kind}</Ident><Ident className="muted">#{id}</Ident></span>
        : <Ident>#{id}</Ident>}
      crumbs={[{ href: '/jobs', label: t('jobs.title') }]}
      lead={job.data && <span className="line"><JobState state={job.data.state} /><Waits job={job.data} /></span>}
      actions={job.data && <JobActions job={job.data} />}
    >
      {job.data
        ? <Body job={job.data} />
        : job.error
          ? <Problem error={job.error} retry={() => void job.refetch()} />
          : <Skeleton lines={8} />}
    </Page>
  );
}

function Waits(props: { job: Job }) {
  const t = useT();
  const { job } = props;
  if (job.cancel_requested) return <span className="muted">{t('job.cancel_requested')}</span>;
  if (!job.parked_by) return null;
  return <span className="muted">{t('job.waits_for')} <Ident>{job.parked_by}</Ident></span>;
}

function runMs(job: Job): number | null {
  if (!job.claimed_at || !job.finished_at) return null;
  return new Date(job.finished_at).getTime() - new Date(job.claimed_at).getTime();
}

function Body(props: { job: Job }) {
  const t = useT();
  const { job } = props;
  const last = job.attempts.findLast((attempt) => attempt.error !== null);
  return (
    <>
      {job.origin_queue && (
        <Notice tone="warn">
          {t('job.is_dead_letter')} <Ident>{job.origin_queue}</Ident>
          {job.origin_id && <> · <TextLink href={`/jobs/${job.origin_id}`}><Ident>#{job.origin_id}</Ident></TextLink></>}
        </Notice>
      )}
      <Section title={t('job.facts')}>
        <Facts facts={[
          { label: t('jobs.queue'), value: <TextLink href={`/queues?queue=${encodeURIComponent(job.queue)}`}><Ident>{job.queue}</Ident></TextLink> },
          { label: t('job.priority'), value: <Num value={job.priority} /> },
          { label: t('jobs.attempts'), value: <bdi dir="ltr" className="num">{job.attempt}/{job.max_attempts}</bdi> },
          { label: t('jobs.created'), value: <Time at={job.created_at} absolute /> },
          { label: t('job.run_at'), value: <Time at={job.run_at} absolute /> },
          job.finished_at ? { label: t('job.finished_at'), value: <Time at={job.finished_at} absolute /> } : null,
          { label: t('job.ran'), value: <Duration ms={runMs(job)} /> },
          job.unique_key ? { label: t('job.unique_key'), value: <Ident>{job.unique_key}</Ident> } : null,
          job.ordering_key ? { label: t('job.ordering_key'), value: <Ident>{job.ordering_key}</Ident> } : null,
          job.limit_key ? { label: t('job.limit_key'), value: <Ident>{job.limit_key}</Ident> } : null,
          job.request_id ? { label: t('job.request_id'), value: <span className="line"><Ident>{job.request_id}</Ident><CopyButton text={job.request_id} /></span>, wide: true } : null,
          job.traceparent ? { label: t('job.trace'), value: <span className="line"><Ident>{job.traceparent}</Ident><CopyButton text={job.traceparent} /></span>, wide: true } : null,
          job.tags.length > 0
            ? { label: t('jobs.tags'), wide: true, value: job.tags.map((tag) => (
              <TextLink key={tag} href={`/timeline?tag=${encodeURIComponent(tag)}`}><Tag>{tag}</Tag></TextLink>
            )) }
            : null,
          job.state === 'running' && job.progress !== null && job.progress > 0
            ? { label: t('job.progress'), wide: true, value: (
              <span className="stack-s">
                <Progress value={job.progress} label={t('job.progress')} />
                {job.progress_note && <UserText className="muted">{job.progress_note}</UserText>}
              </span>
            ) }
            : null,
        ]} />
      </Section>
      {last?.error && job.state !== 'completed' && (
        <Section title={t('job.last_error')} actions={<CopyButton text={last.error} />}>
          <pre className="error-full" dir="auto" tabIndex={0}>{last.error}</pre>
        </Section>
      )}
      <div className="columns">
        <Section title={t('job.attempts')}><Attempts job={job} /></Section>
        <Section title={t('job.payload')}><JsonView value={job.payload} label={t('job.payload')} /></Section>
      </div>
      {job.output !== null && (
        <Section title={t('job.output')}><JsonView value={job.output} label={t('job.output')} /></Section>
      )}
      <JobLog id={job.id} running={job.state === 'running'} />
      {job.flow && job.flow.nodes.length > 1 && (
        <Section title={t('job.flow')}><FlowGraph flow={job.flow} here={job.id} /></Section>
      )}
      <Family job={job} />
    </>
  );
}
