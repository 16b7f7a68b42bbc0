import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Overview } from '../../api/types';
import { useFormat, useT } from '../../i18n/context';
import { Icon, type IconName } from '../../ui/icon';
import { CountText } from '../../ui/text';

/** Work that waits this long deserves a look. */
const LATE_SECONDS = 300;

export function Stats(props: { overview: Overview }) {
  const t = useT();
  const format = useFormat();
  const { counts, oldest_due_seconds: oldest, workers } = props.overview;
  const late = oldest !== null && oldest > LATE_SECONDS;
  return (
    <div className="stats">
      <Stat icon="clock" label={t('overview.due')} href="/jobs?state=waiting" tone={late ? 'warn' : undefined}
        value={<CountText value={counts.due} />}
        note={oldest === null ? t('overview.nothing_waits')
          : t('overview.oldest', { duration: format.duration(oldest * 1000) })} />
      <Stat icon="play" label={t('job.state.running')} href="/jobs?state=running"
        value={<CountText value={counts.running} />}
        note={t('overview.claimed', { count: workers.claimed })} />
      <Stat icon="calendar" label={t('overview.later')} href="/jobs?state=waiting"
        value={<CountText value={counts.later} />} note={t('overview.later_text')} />
      <Stat icon="pause" label={t('job.state.parked')} href="/jobs?state=parked"
        value={<CountText value={counts.parked} />} note={t('overview.parked_text')} />
      <Stat icon="dead" label={t('nav.dead_letters')} href="/dead-letters"
        tone={counts.dead.count > 0 ? 'bad' : undefined}
        value={<CountText value={counts.dead} />} note={t('overview.dead_text')} />
      <Stat icon="workers" label={t('nav.workers')} href="/workers" tone={workers.count === 0 ? 'bad' : undefined}
        value={format.number(workers.count)}
        note={workers.count === 0 ? t('overview.no_workers') : t('overview.workers_text')} />
    </div>
  );
}

function Stat(props: {
  icon: IconName;
  label: string;
  value: ReactNode;
  note: string;
  href: string;
  tone: 'warn' | 'bad' | undefined;
} | {
  icon: IconName; label: string; value: ReactNode; note: string; href: string; tone?: never;
}) {
  return (
    <Link href={props.href} className={props.tone ? `stat stat-${props.tone}` : 'stat'}>
      <span className="stat-label"><Icon name={props.icon} size={16} />{props.label}</span>
      <span className="stat-value">{props.value}</span>
      <span className="stat-note">{props.note}</span>
    </Link>
  );
}
