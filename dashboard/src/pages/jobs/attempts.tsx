import type { Attempt, Job } from '../../api/types';
import { useT } from '../../i18n/context';
import { Icon, type IconName } from '../../ui/icon';
import { JobState } from '../../ui/job-state';
import { Empty } from '../../ui/layout';
import { Duration, Ident, Time, UserText } from '../../ui/text';

const MARKS: Record<string, readonly [string, IconName]> = {
  completed: ['good', 'check'],
  failed: ['bad', 'close'],
  running: ['info', 'play'],
  cancelled: ['warn', 'dash'],
};

export function Attempts(props: { job: Job }) {
  const t = useT();
  const { job } = props;
  if (job.attempts.length === 0) {
    return <Empty icon="clock" title={t('job.no_attempts')}>{t('job.no_attempts_text')}</Empty>;
  }
  return (
    <ol className="steps">
      {[...job.attempts].reverse().map((attempt) => <Step key={attempt.attempt} attempt={attempt} />)}
    </ol>
  );
}

function Step(props: { attempt: Attempt }) {
  const t = useT();
  const { attempt } = props;
  const [tone, icon] = MARKS[attempt.outcome ?? ''] ?? (['neutral', 'dot'] as const);
  return (
    <li className="step">
      <span className={`step-mark step-${tone}`}><Icon name={icon} size={14} /></span>
      <div className="step-body">
        <div className="step-head">
          <b>{t('job.attempt_number', { number: attempt.attempt })}</b>
          {attempt.outcome && <JobState state={attempt.outcome} />}
          {attempt.duration_ms !== null && <Duration ms={attempt.duration_ms} />}
        </div>
        <span className="muted small">
          <Time at={attempt.started_at ?? attempt.ended_at} absolute />
          {attempt.worker && <> · <Ident>{attempt.worker}</Ident></>}
        </span>
        {attempt.error && <UserText className="error-text">{attempt.error}</UserText>}
      </div>
    </li>
  );
}
