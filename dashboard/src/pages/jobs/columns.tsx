import type { JobItem } from '../../api/types';
import type { Translate } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import { JobState } from '../../ui/job-state';
import { Progress } from '../../ui/layout';
import type { Column } from '../../ui/table';
import { Ident, None, Tag, Time, UserText } from '../../ui/text';

export function jobColumns(t: Translate, dead = false): Column<JobItem>[] {
  return [
    {
      id: 'job',
      header: t('jobs.job'),
      show: 'main',
      cell: (job) => (
        <span className="two-lines">
          <TextLink href={`/jobs/${job.id}`}><Ident>{job.kind}</Ident></TextLink>
          <Ident className="muted small">#{job.id}</Ident>
        </span>
      ),
    },
    { id: 'state', header: t('jobs.state'), cell: (job) => <State job={job} /> },
    {
      id: 'queue',
      header: t('jobs.queue'),
      show: 'wide',
      cell: (job) => <Ident>{dead && job.origin_queue ? job.origin_queue : job.queue}</Ident>,
    },
    {
      id: 'attempt',
      header: t('jobs.attempts'),
      show: 'wide',
      numeric: true,
      cell: (job) => <bdi dir="ltr" className="num">{job.attempt}/{job.max_attempts}</bdi>,
    },
    {
      id: 'about',
      header: t('jobs.about'),
      cell: (job) => (job.error
        ? <UserText className="clip error-text about">{job.error}</UserText>
        : job.tags.length > 0 ? job.tags.map((tag) => <Tag key={tag}>{tag}</Tag>) : <None />),
    },
    { id: 'created', header: t('jobs.created'), cell: (job) => <Time at={job.created_at} /> },
  ];
}

function State(props: { job: JobItem }) {
  const { job } = props;
  return (
    <span className="state-cell">
      <JobState state={job.state} />
      {job.state === 'running' && job.progress !== null && job.progress > 0 && (
        <Progress value={job.progress} label={job.progress_note ?? ''} />
      )}
    </span>
  );
}
