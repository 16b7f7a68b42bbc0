import { useState } from 'react';
import { api } from '../../api/client';
import type { Job, JobItem } from '../../api/types';
import { useAction } from '../../app/action';
import { useFormat, useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Dialog, useConfirm } from '../../ui/dialog';
import { Select, TextField } from '../../ui/form';
import { BulkDialog } from './bulk-dialog';

type Simple = 'retry' | 'run-now' | 'cancel';

/** Only what the server says this person may do to this job now. */
export function JobActions(props: { job: Job }) {
  const t = useT();
  const confirm = useConfirm();
  const { job } = props;
  const [dialog, setDialog] = useState<'reschedule' | 'priority' | 'redrive' | null>(null);
  const may = (action: string) => job.allowed_actions.includes(action);
  const act = useAction<{ action: Simple; reason?: string | undefined }, JobItem>({
    run: ({ action, reason }) => api.post(`/jobs/${job.id}/${action}`, reason ? { reason } : {}),
    topics: ['jobs', 'queues'],
    done: (_, { action }) => t(`job.done.${action}`),
  });
  const cancel = async () => {
    const yes = await confirm({
      title: t('job.cancel_title'),
      body: <p>{t(job.state === 'running' ? 'job.cancel_running' : 'job.cancel_waiting')}</p>,
      confirm: t('job.cancel'),
      danger: true,
      reason: 'optional',
    });
    if (yes) act.mutate({ action: 'cancel', reason: yes.reason });
  };
  return (
    <>
      {may('retry') && (
        <Button variant="primary" icon="retry" busy={act.isPending} onPress={() => act.mutate({ action: 'retry' })}>
          {t('job.retry')}
        </Button>
      )}
      {may('redrive') && (
        <Button variant="primary" icon="undo" onPress={() => setDialog('redrive')}>{t('bulk.action.redrive')}</Button>
      )}
      {may('run_now') && (
        <Button icon="play" busy={act.isPending} onPress={() => act.mutate({ action: 'run-now' })}>
          {t('job.run_now')}
        </Button>
      )}
      {may('reschedule') && (
        <Button icon="calendar" onPress={() => setDialog('reschedule')}>{t('job.reschedule')}</Button>
      )}
      {may('set_priority') && <Button onPress={() => setDialog('priority')}>{t('job.change_priority')}</Button>}
      {may('cancel') && <Button icon="stop" busy={act.isPending} onPress={() => void cancel()}>{t('job.cancel')}</Button>}
      {dialog === 'reschedule' && <Reschedule job={job} onClose={() => setDialog(null)} />}
      {dialog === 'priority' && <Priority job={job} onClose={() => setDialog(null)} />}
      {dialog === 'redrive' && (
        <BulkDialog action="redrive" filter={{ ids: [job.id] }} onClose={() => setDialog(null)} />
      )}
    </>
  );
}

/** A moment as a datetime-local field writes it, in this browser's zone. */
export function localInput(iso: string): string {
  const at = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

function Reschedule(props: { job: Job; onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const before = props.job.run_at;
  const [at, setAt] = useState(localInput(before ?? new Date().toISOString()));
  const moment = new Date(at);
  const valid = !Number.isNaN(moment.getTime());
  const change = (iso: string) => api.post(`/jobs/${props.job.id}/reschedule`, { run_at: iso });
  const save = useAction<string>({
    run: change,
    topics: ['jobs'],
    done: (_, iso) => t('job.rescheduled', { time: format.dateTime(iso) }),
    undo: () => (before ? () => change(before) : undefined),
    then: props.onClose,
  });
  return (
    <Dialog isOpen title={t('job.reschedule')} onClose={props.onClose}
      footer={
        <>
          <Button onPress={props.onClose}>{t('ui.cancel')}</Button>
          <Button variant="primary" isDisabled={!valid} busy={save.isPending}
            onPress={() => save.mutate(moment.toISOString())}>{t('ui.save')}</Button>
        </>
      }
    >
      <TextField label={t('job.run_at')} type="datetime-local" dir="ltr" value={at} onChange={setAt}
        help={t('job.local_time', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })} />
    </Dialog>
  );
}

function Priority(props: { job: Job; onClose: () => void }) {
  const t = useT();
  const before = props.job.priority;
  const [value, setValue] = useState(String(before));
  const change = (priority: number) => api.post(`/jobs/${props.job.id}/priority`, { priority });
  const save = useAction<number>({
    run: change,
    topics: ['jobs'],
    done: () => t('job.priority_changed'),
    undo: () => () => change(before),
    then: props.onClose,
  });
  return (
    <Dialog isOpen title={t('job.change_priority')} onClose={props.onClose}
      footer={
        <>
          <Button onPress={props.onClose}>{t('ui.cancel')}</Button>
          <Button variant="primary" busy={save.isPending} onPress={() => save.mutate(Number(value))}>{t('ui.save')}</Button>
        </>
      }
    >
      <Select label={t('job.priority')} value={value} onChange={(next) => setValue(next ?? value)}
        help={t('job.priority_help')}
        options={Array.from({ length: 10 }, (_, each) => ({ id: String(each), label: String(each) }))} />
    </Dialog>
  );
}
