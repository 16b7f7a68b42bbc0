// A queue's limits. What is saved is only what was changed, and only if nobody else was quicker.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Answer } from '../../api/client';
import type { Queue, QueueSettings } from '../../api/types';
import { useAction } from '../../app/action';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { NumberField, Switch, TextField } from '../../ui/form';
import { Loaded, Problem } from '../../ui/layout';
import { changesOf } from './changes';

const FORM_KEYS = ['max_attempts', 'retention_seconds', 'keep_history', 'dead_letter', 'concurrency',
  'process_concurrency', 'key_concurrency', 'rate_limit', 'rate_period_seconds', 'rate_burst'] as const;

export function QueueDialog(props: { name: string; onClose: () => void }) {
  const path = `/queues/${encodeURIComponent(props.name)}`;
  const queue = useQuery({
    queryKey: ['queues', 'edit', props.name],
    queryFn: ({ signal }) => api.getTagged<Queue>(path, signal),
    // What somebody edits must not change under the hands; saving finds out.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  if (queue.data) return <Form {...props} path={path} loaded={queue.data} />;
  return (
    <Dialog isOpen title={props.name} onClose={props.onClose}>
      <Loaded query={queue}>{() => null}</Loaded>
    </Dialog>
  );
}

function Form(props: { name: string; path: string; onClose: () => void; loaded: Answer<Queue> }) {
  const t = useT();
  const [before] = useState(props.loaded);
  const [form, setForm] = useState<QueueSettings>(before.data);
  const [reason, setReason] = useState('');
  const set = (change: Partial<QueueSettings>) => setForm((now) => ({ ...now, ...change }));
  const changes = changesOf<QueueSettings>(before.data, form, FORM_KEYS);
  const save = useAction({
    run: () => api.patch(props.path, { ...changes, ...(reason.trim() ? { reason: reason.trim() } : {}) },
      before.data.settings_etag ?? before.etag),
    topics: ['queues'],
    done: () => t('queues.saved', { name: props.name }),
    then: props.onClose,
    quietErrors: true,
  });
  const limit = (key: 'concurrency' | 'process_concurrency' | 'key_concurrency' | 'rate_limit' | 'rate_burst') => (
    <NumberField label={t(`queues.${key}`)} help={t(`queues.${key}_help`)} min={1} value={form[key]}
      onChange={(value) => set({ [key]: value })} />
  );
  return (
    <Dialog
      wide
      isOpen
      title={t('queues.limits_of', { name: props.name })}
      onClose={props.onClose}
      footer={
        <>
          <Button onPress={props.onClose}>{t('ui.cancel')}</Button>
          <Button variant="primary" busy={save.isPending} isDisabled={Object.keys(changes).length === 0}
            onPress={() => save.mutate()}>
            {t('queues.save', { count: Object.keys(changes).length })}
          </Button>
        </>
      }
    >
      <p className="muted">{t('queues.limits_text')}</p>
      <div className="form-row">
        {limit('concurrency')}
        {limit('process_concurrency')}
        {limit('key_concurrency')}
      </div>
      <div className="form-row">
        {limit('rate_limit')}
        <NumberField label={t('queues.rate_period')} min={1} value={form.rate_period_seconds}
          onChange={(value) => set({ rate_period_seconds: value ?? 1 })} />
        {limit('rate_burst')}
      </div>
      <div className="form-row">
        <NumberField label={t('queues.max_attempts')} min={1} max={1000} value={form.max_attempts}
          onChange={(value) => set({ max_attempts: value ?? before.data.max_attempts })} />
        <TextField label={t('queues.dead_letter')} help={t('queues.dead_letter_help')} dir="ltr"
          value={form.dead_letter ?? ''} onChange={(value) => set({ dead_letter: value.trim() || null })} />
        <NumberField label={t('queues.retention')} min={0} value={Math.round(form.retention_seconds / 86_400)}
          onChange={(days) => set({ retention_seconds: (days ?? 0) * 86_400 })} />
      </div>
      <Switch isSelected={form.keep_history} onChange={(keep) => set({ keep_history: keep })}>{t('queues.keep_history')}</Switch>
      <TextField label={t('ui.reason_optional')} help={t('ui.reason_help')} dir="auto" value={reason}
        onChange={setReason} maxLength={500} />
      {save.error && <Problem compact error={save.error} />}
    </Dialog>
  );
}
