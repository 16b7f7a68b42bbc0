// A new schedule, or another definition for one that exists. Shows when it would run while one types.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api } from '../../api/client';
import type { Json, Schedule, ScheduleDefinition } from '../../api/types';
import { useAction } from '../../app/action';
import { useCan } from '../../app/session';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { NumberField, Select, TextField } from '../../ui/form';
import { Notice, Problem } from '../../ui/layout';
import { NextTimes } from './next-times';

const FRESH: ScheduleDefinition = {
  cron: '0 9 * * *',
  tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
  kind: '',
  payload: {},
  queue: 'default',
  priority: 5,
  max_attempts: null,
  unique_key: null,
  ordering_key: null,
  tags: [],
  missed: 'once',
  jitter_seconds: 0,
  starts_at: null,
  ends_at: null,
};

const KEYS = Object.keys(FRESH) as (keyof ScheduleDefinition)[];

function definitionOf(schedule: Schedule): ScheduleDefinition {
  return Object.fromEntries(KEYS.map((key) => [key, schedule[key]])) as unknown as ScheduleDefinition;
}

/** undefined: no JSON. */
export function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function useDelayed<T>(value: T, ms: number): T {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return delayed;
}

export function ScheduleDialog(props: { schedule: Schedule | null; onClose: () => void }) {
  const t = useT();
  const can = useCan();
  const [before] = useState(props.schedule);
  const [name, setName] = useState(before?.name ?? '');
  const [form, setForm] = useState<ScheduleDefinition>(() => (before ? definitionOf(before) : FRESH));
  const [payload, setPayload] = useState(() => JSON.stringify(before?.payload ?? {}, null, 2));
  const [tags, setTags] = useState((before?.tags ?? []).join(' '));
  // Without the right to see payloads it came masked; what is masked must not be saved.
  const sees = before === null || can('data.view');
  const value = parsed(payload);
  const set = (change: Partial<ScheduleDefinition>) => setForm((now) => ({ ...now, ...change }));
  const save = useAction({
    run: () => {
      const { payload: masked, ...rest } = form;
      const body = { ...rest, tags: tags.split(/\s+/).filter(Boolean), ...(sees ? { payload: value ?? masked } : {}) };
      return api.put(`/schedules/${encodeURIComponent(name.trim())}`, body, before?.definition_etag ?? null);
    },
    topics: ['schedules'],
    done: () => t('schedules.saved', { name: name.trim() }),
    then: props.onClose,
    quietErrors: true,
  });
  const ready = name.trim() !== '' && form.kind.trim() !== '' && value !== undefined;
  return (
    <Dialog
      wide
      isOpen
      title={before ? t('schedules.edit', { name: before.name }) : t('schedules.add')}
      onClose={props.onClose}
      footer={
        <>
          <Button onPress={props.onClose}>{t('ui.cancel')}</Button>
          <Button variant="primary" isDisabled={!ready} busy={save.isPending} onPress={() => save.mutate()}>{t('ui.save')}</Button>
        </>
      }
    >
      {!before && <TextField label={t('schedules.name')} dir="ltr" value={name} onChange={setName} isRequired />}
      <div className="form-row">
        <TextField label={t('schedules.cron')} help={t('schedules.cron_help')} dir="ltr" mono value={form.cron}
          onChange={(cron) => set({ cron })} isRequired />
        <TextField label={t('schedules.tz')} dir="ltr" value={form.tz} onChange={(tz) => set({ tz })} isRequired />
      </div>
      <Preview cron={form.cron} tz={form.tz} />
      <div className="form-row">
        <TextField label={t('jobs.kind')} dir="ltr" value={form.kind} onChange={(kind) => set({ kind })} isRequired />
        <TextField label={t('jobs.queue')} dir="ltr" value={form.queue} onChange={(queue) => set({ queue })} isRequired />
        <NumberField label={t('job.priority')} help={t('job.priority_help')} min={0} max={9} value={form.priority}
          onChange={(priority) => set({ priority: priority ?? 5 })} />
      </div>
      {sees
        ? <TextField label={t('job.payload')} rows={5} mono dir="ltr" value={payload} onChange={setPayload}
          error={value === undefined ? t('schedules.no_json') : undefined} />
        : <Notice>{t('schedules.payload_hidden')}</Notice>}
      <div className="form-row">
        <Select label={t('schedules.missed')} value={form.missed} onChange={(missed) => set({ missed: missed ?? 'once' })}
          options={['skip', 'once', 'all'].map((id) => ({ id, label: t(`schedules.missed_${id}`) }))} />
        <NumberField label={t('schedules.jitter_seconds')} min={0} value={form.jitter_seconds ?? 0}
          onChange={(jitter) => set({ jitter_seconds: jitter ?? 0 })} />
        <TextField label={t('jobs.tags')} help={t('schedules.tags_help')} dir="ltr" value={tags} onChange={setTags} />
      </div>
      {save.error && <Problem compact error={save.error} />}
    </Dialog>
  );
}

function Preview(props: { cron: string; tz: string }) {
  const t = useT();
  const cron = useDelayed(props.cron.trim(), 300);
  const tz = useDelayed(props.tz.trim(), 300);
  const preview = useQuery({
    queryKey: ['schedules', 'preview', cron, tz],
    queryFn: () => api.post<{ times: string[] }>('/schedules/preview', { cron, tz, count: 5 }),
    enabled: cron !== '' && tz !== '',
    placeholderData: keepPreviousData,
    retry: false,
  });
  return (
    <div className="preview" aria-live="polite">
      <h3>{t('schedules.next_times')}</h3>
      {preview.error
        ? <Problem compact error={preview.error} />
        : <NextTimes times={preview.data?.times ?? []} />}
    </div>
  );
}
