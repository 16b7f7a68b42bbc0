import { useThing } from '../../api/list';
import type { Overview } from '../../api/types';
import { useFormat, useT } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import { Empty, Page, Problem, Section, Skeleton } from '../../ui/layout';
import { Badge, Duration, Ident, Num, Time, UserText } from '../../ui/text';
import { Stats } from './stats';
import { Throughput } from './throughput';

export default function OverviewPage() {
  const t = useT();
  const overview = useThing<Overview>('overview', '/overview', {
    topics: ['jobs', 'queues', 'workers'],
    everyMs: () => 15_000,
  });
  return (
    <Page title={t('nav.overview')}>
      {overview.data
        ? <Body overview={overview.data} />
        : overview.error
          ? <Problem error={overview.error} retry={() => void overview.refetch()} />
          : <><Skeleton lines={2} /><Skeleton block /></>}
    </Page>
  );
}

function Body(props: { overview: Overview }) {
  const { overview } = props;
  return (
    <>
      <Stats overview={overview} />
      <Throughput overview={overview} />
      <div className="columns">
        <Failures overview={overview} />
        <Queues overview={overview} />
      </div>
      <Kinds overview={overview} />
    </>
  );
}

function Failures(props: { overview: Overview }) {
  const t = useT();
  const { failures } = props.overview;
  return (
    <Section flush title={t('overview.failures')}>
      {failures.length === 0
        ? <Empty icon="checkCircle" title={t('overview.no_failures')} />
        : (
          <ul className="rows">
            {failures.map((each) => (
              <li key={`${each.kind}:${each.job_id}`}>
                <span className="grow">
                  <TextLink href={`/jobs?state=failed&kind=${encodeURIComponent(each.kind)}`}>
                    <Ident>{each.kind}</Ident>
                  </TextLink>
                  <UserText className="clip muted small">{each.error_class || t('overview.no_message')}</UserText>
                </span>
                <Badge tone="bad"><Num value={each.count} /></Badge>
                <TextLink href={`/jobs/${each.job_id}`}><Time at={each.last_at} /></TextLink>
              </li>
            ))}
          </ul>
        )}
    </Section>
  );
}

function Queues(props: { overview: Overview }) {
  const t = useT();
  const { queues } = props.overview;
  return (
    <Section flush title={t('nav.queues')} actions={<TextLink href="/queues">{t('overview.all_queues')}</TextLink>}>
      {queues.length === 0
        ? <Empty icon="queues" title={t('queues.empty')} />
        : (
          <ul className="rows">
            {queues.slice(0, 12).map((queue) => (
              <li key={queue.name}>
                <span className="grow line">
                  <TextLink href={`/jobs?state=waiting&queue=${encodeURIComponent(queue.name)}`}>
                    <Ident>{queue.name}</Ident>
                  </TextLink>
                  {queue.paused && <Badge tone="warn" icon="pause">{t('queues.paused')}</Badge>}
                </span>
                <span>{t('overview.due')} <Num value={queue.due} /></span>
                {queue.oldest_due_seconds !== null && (
                  <span className="muted small">
                    {t('overview.waiting_for')} <Duration ms={queue.oldest_due_seconds * 1000} />
                  </span>
                )}
              </li>
            ))}
          </ul>
        )}
    </Section>
  );
}

function Kinds(props: { overview: Overview }) {
  const t = useT();
  const format = useFormat();
  const { kinds } = props.overview;
  if (kinds.length === 0) return null;
  const duration = (ms: number | null) => (ms === null ? '–' : format.duration(ms));
  return (
    <Section flush title={t('overview.kinds')}>
      <div className="table-wrap" tabIndex={0} role="region" aria-label={t('overview.kinds')}>
        <table className="table table-plain">
          <thead>
            <tr>
              <th scope="col">{t('jobs.kind')}</th>
              <th scope="col" className="cell-numeric">{t('job.state.completed')}</th>
              <th scope="col" className="cell-numeric">{t('job.state.failed')}</th>
              <th scope="col" className="cell-numeric">{t('overview.p50')}</th>
              <th scope="col" className="cell-numeric">{t('overview.p95')}</th>
            </tr>
          </thead>
          <tbody>
            {kinds.map((each) => (
              <tr key={each.kind}>
                <th scope="row">
                  <TextLink href={`/jobs?kind=${encodeURIComponent(each.kind)}`}><Ident>{each.kind}</Ident></TextLink>
                </th>
                <td className="cell-numeric"><Num value={each.completed} /></td>
                <td className="cell-numeric"><Num value={each.failed} /></td>
                <td className="cell-numeric">{duration(each.p50_ms)}</td>
                <td className="cell-numeric">{duration(each.p95_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
