import type { Job, Relative } from '../../api/types';
import { useT, useWord } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import { JobState } from '../../ui/job-state';
import { Facts, Section } from '../../ui/layout';
import { Ident, Num, Time } from '../../ui/text';

/** The batch that the job is of, its dead letters and what became of them. */
export function Family(props: { job: Job }) {
  const t = useT();
  const { batch, lineage } = props.job;
  return (
    <>
      {batch && (
        <Section title={t('job.batch')}>
          <Facts facts={[
            { label: t('job.batch_name'), value: <Ident>{batch.name}</Ident> },
            { label: t('job.state.completed'), value: <Num value={batch.completed} /> },
            { label: t('job.state.failed'), value: <Num value={batch.failed} /> },
            { label: t('job.state.cancelled'), value: <Num value={batch.cancelled} /> },
            { label: t('job.batch_live'), value: <Num value={batch.live} /> },
          ]} />
        </Section>
      )}
      {lineage.length > 1 && (
        <Section flush title={t('job.lineage')}>
          <ul className="rows">
            {lineage.map((each) => <Line key={each.id} each={each} here={each.id === props.job.id} />)}
          </ul>
        </Section>
      )}
    </>
  );
}

function Line(props: { each: Relative; here: boolean }) {
  const word = useWord();
  const { each, here } = props;
  const name = <Ident>{each.kind} #{each.id}</Ident>;
  return (
    <li>
      <span className="grow">{here ? <b>{name}</b> : <TextLink href={`/jobs/${each.id}`}>{name}</TextLink>}</span>
      <span className="muted">{word('job.role', each.role)}</span>
      <Ident className="muted">{each.queue}</Ident>
      <JobState state={each.state} />
      <Time at={each.created_at} />
    </li>
  );
}
