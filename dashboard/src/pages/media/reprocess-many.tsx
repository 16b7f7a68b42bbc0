// Makes many sets again, as a job: counted first, and only what was there then (`before`).
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { useAction } from '../../app/action';
import { useFormat, useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Checkbox, Select, TextField } from '../../ui/form';
import { Problem } from '../../ui/layout';

interface Preview {
  matched: { count: number; capped: boolean };
  looked_at: number;
  without_request: number;
  unknown_recipe: number;
  before: string;
}

export function ReprocessMany(props: { onClose: () => void; start: { prefix?: string; recipe?: string } }) {
  const t = useT();
  const format = useFormat();
  const [prefix, setPrefix] = useState(props.start.prefix ?? '');
  const [recipe, setRecipe] = useState(props.start.recipe ?? '');
  const [missing, setMissing] = useState<string | null>(null);
  const [stale, setStale] = useState(true);
  const [other, setOther] = useState('');
  const [reason, setReason] = useState('');
  const request = () => ({
    filter: {
      ...(prefix ? { prefix } : {}), ...(recipe ? { recipe } : {}), ...(missing ? { missing } : {}),
      ...(stale ? { stale } : {}),
    },
    ...(other ? { recipe: other } : {}),
  });
  const preview = useMutation({ mutationFn: () => api.post<Preview>('/media/reprocess/preview', request()) });
  const found = preview.data;
  const n = found?.matched.count ?? 0;
  const change = <T,>(set: (value: T) => void) => (value: T) => {
    set(value);
    preview.reset();
  };
  const go = useAction<void, { job_id: number }>({
    run: () => {
      const asked = request();
      return api.post('/media/reprocess', {
        ...asked, filter: { ...asked.filter, before: found?.before }, reason: reason.trim(),
      });
    },
    topics: ['media', 'jobs'],
    done: (started) => t('media.bulk.started', { id: started.job_id }),
    then: props.onClose,
  });
  return (
    <Dialog
      title={t('media.bulk.title')}
      isOpen
      onClose={props.onClose}
      footer={
        <>
          <Button onPress={props.onClose}>{t('ui.cancel')}</Button>
          {found === undefined
            ? <Button variant="primary" busy={preview.isPending} onPress={() => preview.mutate()}>{t('media.bulk.preview')}</Button>
            : (
              <Button variant="primary" isDisabled={n === 0 || reason.trim() === ''} busy={go.isPending} onPress={() => go.mutate()}>
                {t('media.bulk.go', { n })}
              </Button>
            )}
        </>
      }
    >
      <div className="form-grid">
        <TextField label={t('media.filter.prefix')} value={prefix} dir="ltr" placeholder="product:" onChange={change(setPrefix)} />
        <TextField label={t('media.filter.recipe')} value={recipe} dir="ltr" onChange={change(setRecipe)} />
        <Select label={t('media.bulk.missing')} value={missing} any={t('ui.any')}
          options={['webp', 'avif', 'jpeg'].map((id) => ({ id, label: id, ident: true }))} onChange={change(setMissing)} />
        <TextField label={t('media.bulk.recipe')} value={other} dir="ltr" onChange={change(setOther)} />
      </div>
      <Checkbox isSelected={stale} onChange={change(setStale)}>{t('media.bulk.stale')}</Checkbox>
      {preview.error && <Problem compact error={preview.error} />}
      {found && (
        <>
          <p role="status">
            <strong>{t('media.bulk.count', { n })}</strong>
            {found.matched.capped && <span className="muted"> (<bdi>{format.count(found.matched)}</bdi>)</span>}
          </p>
          {n > 0 && (
            <TextField label={t('media.reason')} help={t('ui.reason_help')} value={reason} onChange={setReason} rows={2}
              dir="auto" maxLength={500} isRequired />
          )}
        </>
      )}
    </Dialog>
  );
}
