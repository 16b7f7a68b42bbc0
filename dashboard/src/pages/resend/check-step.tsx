// The last step: how many, what they were, why; then the one button that sends.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { api, randomId } from '../../api/client';
import { ApiError } from '../../api/problem';
import { useCan } from '../../app/session';
import { useFormat, useT, useWord } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { TextField } from '../../ui/form';
import { Empty, Loaded, Notice, Problem, Section } from '../../ui/layout';
import { Ident, UserText } from '../../ui/text';
import { StateBadge } from '../notifications/outcomes';
import { useReasonWord } from '../notifications/reason-word';
import { maySend, previewRequest, resendRequest, type Flow } from './flow';
import type { Change } from './flow-page';
import type { Resend, ResendPreview } from './model';

const MOST_REASON = 500;

export function CheckStep(props: { flow: Flow; change: Change; keepKey: (key: string) => void }) {
  const { flow, change, keepKey } = props;
  const t = useT();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const mayOverride = useCan()('notifications.override');
  const [reason, setReason] = useState('');
  const [before, setBefore] = useState<number | null>(null);
  const asked = previewRequest(flow, mayOverride);
  // The key belongs to the address before anything is sent, so that a reload keeps it.
  const { key } = flow;
  useEffect(() => {
    if (key === null) keepKey(randomId());
  }, [key, keepKey]);
  const preview = useQuery({
    queryKey: ['resends', 'preview', asked],
    queryFn: () => api.post<ResendPreview>('/resends/preview', asked),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const sending = useRef(false);
  const send = useMutation({
    mutationFn: (expected: number) =>
      api.post<Resend>('/resends', resendRequest(flow, mayOverride, key ?? '', reason, expected)),
    onSuccess: (resend) => {
      client.setQueryData(['resends', 'one', `/resends/${resend.id}`, null], resend);
      void client.invalidateQueries({ queryKey: ['resends', 'list'] });
      void client.invalidateQueries({ queryKey: ['notifications'] });
      // In place of this step: "back" leads to the choices, not to a button that sends.
      navigate(`/resends/${resend.id}`, { replace: true });
    },
    onError: (error, expected) => {
      if (error instanceof ApiError && error.code === 'count_changed') {
        setBefore(expected);
        void preview.refetch();
      }
    },
    onSettled: () => { sending.current = false; },
  });
  const deliveries = preview.data?.deliveries;
  const press = () => {
    // Two clicks in one frame come before the button is drawn as disabled.
    if (sending.current || key === null || !maySend(deliveries, reason, send.isPending)) return;
    sending.current = true;
    send.mutate(deliveries ?? 0);
  };
  const countChanged = send.error instanceof ApiError && send.error.code === 'count_changed';
  const lost = send.error instanceof ApiError && send.error.status === 0;
  return (
    <div className="resend-flow">
      <Section title={t('resend.check.title')}>
        <Loaded query={preview}>
          {(found) => <Found preview={found} flow={flow} mayOverride={mayOverride} />}
        </Loaded>
        {countChanged && before !== null && preview.data && !preview.isFetching && (
          <Notice tone="warn">
            {t('resend.check.changed', { before, now: preview.data.deliveries })}
          </Notice>
        )}
      </Section>
      {preview.data && preview.data.deliveries > 0 && (
        <Section title={t('resend.reason')}>
          <TextField label={t('resend.reason')} hideLabel help={t('resend.reason.hint')} value={reason}
            onChange={setReason} rows={2} dir="auto" maxLength={MOST_REASON} isRequired />
        </Section>
      )}
      {send.error && !countChanged && <Problem error={send.error} />}
      {lost && <Notice tone="info">{t('resend.lost')}</Notice>}
      <div className="flow-foot">
        <Button isDisabled={send.isPending} onPress={() => change({ step: 'mode' })}>{t('resend.back')}</Button>
        {deliveries !== undefined && deliveries > 0 && (
          <Button variant={asked.override ? 'danger' : 'primary'} icon="send" busy={send.isPending}
            isDisabled={!maySend(deliveries, reason, send.isPending) || preview.isFetching}
            onPress={press}>
            {send.isPending ? t('resend.sending') : t('resend.send', { n: deliveries })}
          </Button>
        )}
        {deliveries !== undefined && deliveries > 0 && reason.trim() === '' && (
          <span className="muted small">{t('resend.reason.needed')}</span>
        )}
      </div>
    </div>
  );
}

function Found(props: { preview: ResendPreview; flow: Flow; mayOverride: boolean }) {
  const { preview, flow } = props;
  const t = useT();
  if (preview.deliveries === 0) {
    return <Empty icon="send" title={t('resend.check.nothing')}>{t('resend.check.nothing.hint')}</Empty>;
  }
  return (
    <div className="resend-check">
      <p className="resend-count" role="status">
        {t('resend.check.summary', {
          deliveries: preview.deliveries, notifications: preview.notifications, users: preview.users,
        })}
      </p>
      <Was was={preview.was} />
      <Wishes preview={preview} override={flow.override && props.mayOverride} />
      <Sample preview={preview} />
    </div>
  );
}

function Was(props: { was: Record<string, number> }) {
  const t = useT();
  const format = useFormat();
  return (
    <div>
      <h3>{t('resend.check.was')}</h3>
      <ul className="was">
        {Object.entries(props.was).sort((a, b) => b[1] - a[1]).map(([state, n]) => (
          <li key={state}><StateBadge state={state} /> <span className="num">{format.number(n)}</span></li>
        ))}
      </ul>
    </div>
  );
}

/** What users want now: with `override` they aren't asked. */
function Wishes(props: { preview: ResendPreview; override: boolean }) {
  const t = useT();
  const format = useFormat();
  const reasonWord = useReasonWord();
  const { wishes } = props.preview;
  if (props.override) return <Notice tone="bad">{t('resend.override.confirm')}. {t('resend.override.hint')}</Notice>;
  if (wishes.skip + wishes.wait === 0) return <p className="muted">{t('resend.check.most')}</p>;
  return (
    <Notice tone="info">
      <p>{t('resend.wishes', { checked: wishes.checked, send: wishes.send, wait: wishes.wait, skip: wishes.skip })}</p>
      <ul className="plain-list">
        {Object.entries(wishes.reasons).sort((a, b) => b[1] - a[1]).map(([reason, n]) => (
          <li key={reason}><span className="num">{format.number(n)}</span> · {reasonWord(reason)}</li>
        ))}
      </ul>
    </Notice>
  );
}

function Sample(props: { preview: ResendPreview }) {
  const t = useT();
  const word = useWord();
  if (props.preview.sample.length === 0) return null;
  return (
    <details>
      <summary>{t('resend.check.sample')}</summary>
      <ul className="found">
        {props.preview.sample.map((one) => (
          <li key={`${one.notification_id}${one.channel}${one.device_id ?? ''}`} className="found-one">
            <span className="found-head">
              <TextLink href={`/notifications/${one.notification_id}`} className="found-title">
                {one.title === null ? t('notifications.untitled') : <UserText>{one.title}</UserText>}
              </TextLink>
              <Ident className="muted">{one.user_id}</Ident>
              <span>{word('channel', one.channel)}</span>
              {one.device_id !== null && <Ident className="muted">{`#${one.device_id}`}</Ident>}
              <StateBadge state={one.was} />
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
