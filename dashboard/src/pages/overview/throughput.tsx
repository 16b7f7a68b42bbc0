import { lazy, Suspense, useMemo } from 'react';
import type { Overview, Percentiles } from '../../api/types';
import { useFormat, useT } from '../../i18n/context';
import { Facts, Section, Skeleton } from '../../ui/layout';
import { Duration } from '../../ui/text';

const TimeChart = lazy(() => import('../../ui/chart').then((module) => ({ default: module.TimeChart })));

export function Throughput(props: { overview: Overview }) {
  const t = useT();
  const format = useFormat();
  const { throughput, latency, duration } = props.overview;
  const times = useMemo(() => throughput.map((minute) => minute.at), [throughput]);
  const series = useMemo(() => [
    { label: t('job.state.completed'), color: '--accent', filled: true, values: throughput.map((each) => each.completed) },
    { label: t('job.state.failed'), color: '--bad', values: throughput.map((each) => each.failed) },
  ], [throughput, t]);
  const sum = (pick: 'completed' | 'failed') => throughput.reduce((total, each) => total + (each[pick] ?? 0), 0);
  return (
    <Section title={t('overview.throughput')}>
      <div className="overview-chart">
        <Suspense fallback={<Skeleton block />}>
          <TimeChart times={times} series={series} label={t('overview.throughput_label', {
            completed: format.number(sum('completed')),
            failed: format.number(sum('failed')),
          })} />
        </Suspense>
        <div className="stack">
          <Latency title={t('overview.latency')} of={latency} />
          {duration && <Latency title={t('overview.duration')} of={duration} />}
        </div>
      </div>
    </Section>
  );
}

function Latency(props: { title: string; of: Percentiles }) {
  const t = useT();
  return (
    <div className="stack-s">
      <h3>{props.title}</h3>
      <Facts facts={[
        { label: t('overview.p50'), value: <Duration ms={props.of.p50_ms} /> },
        { label: t('overview.p95'), value: <Duration ms={props.of.p95_ms} /> },
        { label: t('overview.p99'), value: <Duration ms={props.of.p99_ms} /> },
      ]} />
    </div>
  );
}
