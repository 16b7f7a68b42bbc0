// Publishes many suggestions at once: what they are and how many is shown first, and only those
// that were there then are meant (`upper_id`, `seen_at`).
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { useAction } from '../../app/action';
import { useFormat, useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { NumberField, Select, TextField } from '../../ui/form';
import { Problem } from '../../ui/layout';
import { Ident } from '../../ui/text';
import type { AcceptManyPreview, AcceptManyResult } from './model';
import { GATES } from './reviews-page';
import { Words } from './text-view';

const MOST = 200;

export function AcceptMany(props: {
  onClose: () => void;
  start: { reason?: string; lang?: string; entity_type?: string };
}) {
  const t = useT();
  const format = useFormat();
  const [gate, setGate] = useState<string | null>(props.start.reason ?? null);
  const [lang, setLang] = useState<string | null>(props.start.lang ?? null);
  const [max, setMax] = useState<number | null>(100);
  const [reason, setReason] = useState('');
  const filter = {
    reason: gate ?? '',
    ...(lang ? { lang } : {}),
    ...(props.start.entity_type ? { entity_type: props.start.entity_type } : {}),
  };
  const preview = useMutation({
    mutationFn: () => api.post<AcceptManyPreview>('/translations/reviews/accept-many/preview', { filter }),
  });
  const found = preview.data;
  const n = Math.min(found?.matched.count ?? 0, max ?? 0, MOST);
  const go = useAction<void, AcceptManyResult>({
    run: () => api.post('/translations/reviews/accept-many', {
      filter, upper_id: found?.upper_id, seen_at: found?.seen_at, max: n, reason: reason.trim(),
    }),
    topics: ['translations'],
    done: (result) => t('review.many.done', { n: result.accepted }),
    then: props.onClose,
  });
  const ready = found !== undefined && n > 0 && reason.trim() !== '';
  return (
    <Dialog
      title={t('review.many.title')}
      isOpen
      wide
      onClose={props.onClose}
      footer={
        <>
          <Button onPress={props.onClose}>{t('ui.cancel')}</Button>
          {found === undefined
            ? (
              <Button variant="primary" isDisabled={gate === null} busy={preview.isPending} onPress={() => preview.mutate()}>
                {t('review.many.preview')}
              </Button>
            )
            : (
              <Button variant="primary" isDisabled={!ready} busy={go.isPending} onPress={() => go.mutate()}>
                {t('review.many.go', { n })}
              </Button>
            )}
        </>
      }
    >
      <p className="muted">{t('review.many.hint')}</p>
      <div className="form-grid">
        <Select label={t('review.filter.reason')} value={gate} isRequired
          options={GATES.map((id) => ({ id, label: t(`gate.name.${id}`) }))}
          onChange={(next) => { setGate(next); preview.reset(); }} />
        <Select label={t('review.filter.lang')} value={lang} any={t('ui.any')}
          options={['ar', 'en'].map((id) => ({ id, label: t(`lang.${id}`) }))}
          onChange={(next) => { setLang(next); preview.reset(); }} />
        <NumberField label={t('review.many.max')} value={max} onChange={setMax} min={1} max={MOST} />
      </div>
      {preview.error && <Problem compact error={preview.error} />}
      {found && (
        <>
          <p role="status">
            <strong>{t('review.many.count', { n })}</strong>{' '}
            {found.matched.count > n && <span className="muted">/ <bdi>{format.count(found.matched)}</bdi></span>}
          </p>
          <ul className="plain-list">
            {found.sample.map((one) => (
              <li key={one.id} className="similar">
                <Ident className="muted small">{`${one.entity_type}:${one.entity_id} · ${one.field}`}</Ident>
                <Words text={one.source_text} lang={one.source_lang} />
                {one.suggestion !== null && <Words text={one.suggestion} lang={one.lang} />}
              </li>
            ))}
          </ul>
          {n > 0 && (
            <TextField label={t('ui.reason')} help={t('ui.reason_help')} value={reason} onChange={setReason} rows={2}
              dir="auto" maxLength={500} isRequired />
          )}
        </>
      )}
    </Dialog>
  );
}
