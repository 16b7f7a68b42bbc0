import { useFormat, useT } from '../../i18n/context';
import { Time } from '../../ui/text';

/** In this browser's zone, with how long it is until then. */
export function NextTimes(props: { times: readonly string[] }) {
  const t = useT();
  const format = useFormat();
  if (props.times.length === 0) return <p className="muted">{t('schedules.never')}</p>;
  return (
    <div className="stack-s">
      <ol className="next-times">
        {props.times.map((time) => (
          <li key={time}><span className="num">{format.date(time)}, {format.clock(time)}</span><span className="muted"><Time at={time} /></span></li>
        ))}
      </ol>
      <p className="muted small">{t('job.local_time', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</p>
    </div>
  );
}
