import { useLayoutEffect, useRef, useState } from 'react';
import { useThing } from '../../api/list';
import type { LogLine, Page } from '../../api/types';
import { useFormat, useT } from '../../i18n/context';
import { Switch } from '../../ui/form';
import { Empty, Loaded, Section } from '../../ui/layout';

/** A job keeps at most 200 lines, so that all of them fit one answer. */
export function JobLog(props: { id: number; running: boolean }) {
  const t = useT();
  const format = useFormat();
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const log = useThing<Page<LogLine>>('jobs', `/jobs/${props.id}/log`, {
    everyMs: () => props.running && follow && 2000,
  });
  const count = log.data?.items.length ?? 0;
  useLayoutEffect(() => {
    if (follow && props.running && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [count, follow, props.running]);
  return (
    <Section
      flush
      title={t('job.log')}
      actions={props.running && <Switch isSelected={follow} onChange={setFollow}>{t('job.follow')}</Switch>}
    >
      <Loaded query={log}>
        {(page) => (page.items.length === 0
          ? <Empty icon="templates" title={t('job.no_log')} />
          : (
            <div className="log" ref={box} role="log" aria-label={t('job.log')} tabIndex={0}>
              {page.items.map((line, index) => (
                <div key={index} className="log-line">
                  <time dateTime={line.at}>{format.clock(line.at, true)}</time>
                  <span dir="auto">{line.line}</span>
                </div>
              ))}
            </div>
          ))}
      </Loaded>
    </Section>
  );
}
