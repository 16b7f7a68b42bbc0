// A bulk action: the server counts first, asks for a reason, and then does it as a job over exactly
// what was counted.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api } from '../../api/client';
import type { Bulk, BulkAction, BulkFilter, BulkPreview } from '../../api/types';
import { useAction } from '../../app/action';
import { useFormat, useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { TextField } from '../../ui/form';
import { JobState } from '../../ui/job-state';
import { Loaded, Problem } from '../../ui/layout';
import { Ident } from '../../ui/text';

export function BulkDialog(props: { action: BulkAction; filter: BulkFilter; onClose: () => void }) {
  const { action, filter, onClose } = props;
  const t = useT();
  const format = useFormat();
  const [, navigate] = useLocation();
  const [reason, setReason] = useState('');
  const preview = useQuery({
    queryKey: ['bulk', 'preview', action, filter],
    queryFn: () => api.post<BulkPreview>('/bulk/preview', { action, filter }),
    gcTime: 0,
  });
  const start = useAction<BulkPreview, Bulk>({
    run: (seen) => api.post<Bulk>('/bulk', {
      action,
      filter,
      reason: reason.trim(),
      expected: seen.matched.count,
      upper_id: seen.upper_id,
    }),
    topics: ['jobs', 'bulk'],
    quietErrors: true,
    then: (bulk) => {
      onClose();
      navigate(`/bulk/${bulk.id}`);
    },
  });
  const matched = preview.data?.matched;
  const none = matched?.count === 0;
  return (
    <Dialog
      wide
      isOpen
      title={t(`bulk.title.${action}`)}
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t('ui.cancel')}</Button>
          <Button
            variant={action === 'cancel' ? 'danger' : 'primary'}
            isDisabled={!matched || none || reason.trim() === ''}
            busy={start.isPending}
            onPress={() => preview.data && start.mutate(preview.data)}
          >
            {matched
              ? t(`bulk.do.${action}`, { count: matched.count, shown: format.count(matched) })
              : t(`bulk.action.${action}`)}
          </Button>
        </>
      }
    >
      <Loaded query={preview}>
        {(seen) => (
          <>
            <p className="big" aria-live="polite">
              {t('bulk.matched', { count: seen.matched.count, shown: format.count(seen.matched) })}
            </p>
            {seen.by_queue.length > 0 && (
              <p className="line muted">
                {seen.by_queue.map((each) => (
                  <span key={each.queue}><Ident>{each.queue}</Ident> {format.number(each.count)}</span>
                ))}
              </p>
            )}
            {seen.sample.length > 0 && (
              <ul className="rows" aria-label={t('bulk.sample')}>
                {seen.sample.map((job) => (
                  <li key={job.id}>
                    <Ident className="grow">{job.kind} <span className="muted">#{job.id}</span></Ident>
                    <JobState state={job.state} />
                  </li>
                ))}
              </ul>
            )}
            <p className="muted small">{t('bulk.frozen')}</p>
            {!none && (
              <TextField label={t('ui.reason')} help={t('ui.reason_help')} value={reason} onChange={setReason}
                rows={2} dir="auto" maxLength={500} isRequired />
            )}
          </>
        )}
      </Loaded>
      {start.error && <Problem compact error={start.error} />}
    </Dialog>
  );
}
