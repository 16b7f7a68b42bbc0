// One broadcast: its words on phones, whom it reaches, how far it is, and who did what.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'wouter';
import { api } from '../../api/client';
import { useThing } from '../../api/list';
import { useAction } from '../../app/action';
import { useCan } from '../../app/session';
import { useFormat, useT, useWord } from '../../i18n/context';
import { Button, ButtonLink, TextLink } from '../../ui/button';
import { Dialog, useConfirm } from '../../ui/dialog';
import { TextField } from '../../ui/form';
import { Facts, Loaded, Notice, Page, Progress, Section } from '../../ui/layout';
import { Badge, Ident, Num, Time, UserText } from '../../ui/text';
import { OutcomeBar, OutcomeCounts } from '../notifications/outcomes';
import { PhonePreview } from '../notifications/phone';
import type { Shown } from '../notifications/model';
import { STATE_TONE, type Broadcast, type BroadcastPreview } from './model';
import '../notifications/notifications.css';
import '../resend/resend.css';

const WATCH_MS = 3000;

export default function BroadcastPage() {
  const { id = '' } = useParams<{ id: string }>();
  const t = useT();
  const word = useWord();
  const path = `/broadcasts/${encodeURIComponent(id)}`;
  const query = useThing<Broadcast>('broadcasts', path, {
    topics: ['deliveries'],
    // Live events bring changes; this is for when they don't come.
    everyMs: (broadcast) => (broadcast?.state === 'running' ? WATCH_MS : false),
  });
  const one = query.data;
  return (
    <Page
      title={t('broadcast.title')}
      crumbs={[{ href: '/broadcasts', label: t('broadcasts.title') }]}
      lead={one && <Badge tone={STATE_TONE[one.state] ?? 'neutral'}>{word('broadcast.state', one.state)}</Badge>}
      actions={one && <Actions broadcast={one} />}
    >
      <Loaded query={query}>{(broadcast) => <Body broadcast={broadcast} />}</Loaded>
    </Page>
  );
}

function Actions(props: { broadcast: Broadcast }) {
  const { broadcast } = props;
  const t = useT();
  const can = useCan();
  const confirm = useConfirm();
  const [starting, setStarting] = useState(false);
  const may = (action: string) => broadcast.allowed_actions.includes(action);
  const DONE: Record<string, string> = {
    pause: 'broadcast.paused', resume: 'broadcast.resumed', cancel: 'broadcast.cancelled',
  };
  const act = useAction<{ action: string; reason?: string }, Broadcast>({
    run: ({ action, reason }) => api.post(`/broadcasts/${broadcast.id}/${action}`, reason ? { reason } : {}),
    topics: ['broadcasts'],
    done: (_, { action }) => t(DONE[action] ?? 'broadcast.title'),
  });
  const cancel = async () => {
    const yes = await confirm({
      title: t('broadcast.cancel.title'), body: t('broadcast.cancel.hint'), confirm: t('broadcast.cancel.go'),
      danger: true, reason: 'required',
    });
    if (yes) act.mutate({ action: 'cancel', ...(yes.reason ? { reason: yes.reason } : {}) });
  };
  const failed = broadcast.progress.failed > 0;
  return (
    <>
      {may('start') && <Button variant="primary" icon="play" onPress={() => setStarting(true)}>{t('broadcast.start')}</Button>}
      {may('pause') && <Button icon="pause" busy={act.isPending} onPress={() => act.mutate({ action: 'pause' })}>{t('broadcast.pause')}</Button>}
      {may('resume') && <Button variant="primary" icon="play" busy={act.isPending} onPress={() => act.mutate({ action: 'resume' })}>{t('broadcast.resume')}</Button>}
      {may('cancel') && <Button icon="stop" busy={act.isPending} onPress={() => void cancel()}>{t('broadcast.cancel')}</Button>}
      {failed && can('notifications.resend') && (
        <ButtonLink href={`/resend?broadcast=${broadcast.id}&mode=failed`} icon="send">{t('broadcast.resend')}</ButtonLink>
      )}
      {starting && <StartDialog broadcast={broadcast} onClose={() => setStarting(false)} />}
    </>
  );
}

function usePreview(broadcast: Broadcast, enabled: boolean) {
  return useQuery({
    queryKey: ['broadcasts', 'preview', broadcast.id],
    queryFn: () => api.post<BroadcastPreview>(`/broadcasts/${broadcast.id}/preview`, {}),
    enabled,
    retry: false,
    staleTime: 30_000,
  });
}

/** The number is asked for in digits: nobody starts to 80,000 people by a stray click. */
function StartDialog(props: { broadcast: Broadcast; onClose: () => void }) {
  const { broadcast } = props;
  const t = useT();
  const format = useFormat();
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const preview = usePreview(broadcast, true);
  const users = preview.data?.users ?? 0;
  const start = useAction<void, Broadcast>({
    run: () => api.post(`/broadcasts/${broadcast.id}/start`, { reason: reason.trim() }),
    topics: ['broadcasts'],
    done: () => t('broadcast.started'),
    then: props.onClose,
  });
  const many = users >= 100;
  const same = !many || typed.replace(/\D/g, '') === String(users);
  return (
    <Dialog
      alert
      title={t('broadcast.start.title', { n: users })}
      isOpen
      onClose={props.onClose}
      footer={
        <>
          <Button onPress={props.onClose}>{t('ui.cancel')}</Button>
          <Button variant="primary" icon="play" busy={start.isPending} onPress={() => start.mutate()}
            isDisabled={!preview.data || users === 0 || !same || reason.trim() === ''}>
            {t('broadcast.start.go')}
          </Button>
        </>
      }
    >
      <Loaded query={preview}>
        {(found) => (
          <div className="flow-extra">
            <Audience preview={found} />
            <Notice tone="warn">{t('broadcast.start.hint')}</Notice>
            {many && (
              <TextField label={t('broadcast.start.type', { n: format.number(users) })} value={typed} onChange={setTyped}
                dir="ltr" autoComplete="off" />
            )}
            <TextField label={t('broadcast.reason')} help={t('broadcast.reason.hint')} value={reason} onChange={setReason}
              rows={2} dir="auto" maxLength={500} isRequired />
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}

function Audience(props: { preview: BroadcastPreview }) {
  const { preview } = props;
  const t = useT();
  const format = useFormat();
  const lines: [string, number][] = [
    ['users', preview.users], ['reachable', preview.reachable], ['devices', preview.devices],
    ['opted_out', preview.opted_out], ['without_device', preview.without_device],
  ];
  return (
    <div>
      <dl className="audience">
        {lines.map(([id, n]) => (
          <div key={id} className={id === 'users' ? 'audience-all' : ''}>
            <dd className="num">{format.number(n)}</dd>
            <dt>{t(`broadcast.preview.${id}`)}</dt>
          </div>
        ))}
      </dl>
      <p className="muted small">
        {Object.entries(preview.locales).map(([locale, n]) => (
          <span key={locale} className="locale-count"><Ident>{locale}</Ident> {format.number(n)}</span>
        ))}
      </p>
      {preview.minutes !== null && <p>{t('broadcast.preview.minutes', { n: Math.ceil(preview.minutes) })}</p>}
      <p className="muted small">{t('broadcast.preview.now')}</p>
    </div>
  );
}

function Body(props: { broadcast: Broadcast }) {
  const { broadcast } = props;
  const t = useT();
  const draft = broadcast.state === 'draft';
  const mayPreview = useCan()('broadcasts.send');
  const preview = usePreview(broadcast, mayPreview && (draft || broadcast.texts === null));
  // A template's words come rendered with the preview; texts of one's own are what they are.
  const rendered = preview.data?.texts.filter((text) => text.channel === 'push') ?? [];
  const shown: Shown[] = broadcast.texts === null ? rendered : Object.entries(broadcast.texts).map(([locale, text]) => ({
    locale, title: text.title, body: text.body, image: broadcast.image,
  }));
  const masked = shown.some((each) => each.title === '•••');
  return (
    <div className="split">
      <div className="split-main">
        {broadcast.error && <Notice tone="bad"><UserText>{t('broadcast.error', { error: broadcast.error })}</UserText></Notice>}
        {!draft && <ProgressSection broadcast={broadcast} />}
        {draft && mayPreview && (
          <Section title={t('broadcast.preview')}>
            <Loaded query={preview}>{(found) => <Audience preview={found} />}</Loaded>
          </Section>
        )}
        <Section title={t('notification.facts')}><About broadcast={broadcast} /></Section>
        {broadcast.events.length > 0 && <Events events={broadcast.events} />}
      </div>
      <div className="split-side">
        <Section title={t('phone.title')}>
          {masked ? <p className="muted">{t('notifications.masked')}</p> : <PhonePreview shown={shown} />}
        </Section>
      </div>
    </div>
  );
}

function ProgressSection(props: { broadcast: Broadcast }) {
  const { progress, state, finished_at: finished } = props.broadcast;
  const t = useT();
  const format = useFormat();
  const outcomes = { ...progress, suppressed: progress.skipped };
  return (
    <Section title={t('broadcast.progress')}>
      <div className="watch" role="status">
        {progress.users === null
          ? <p>{t('broadcast.progress.collecting')}</p>
          : (
            <>
              <p className="watch-count">
                {t('broadcast.progress.of', { done: progress.sent_users, all: progress.users })}
              </p>
              <Progress value={progress.sent_users} max={Math.max(1, progress.users)} label={t('broadcast.progress')} />
            </>
          )}
        <p className="muted">
          {state === 'running' && progress.users_per_second !== null && progress.users_per_second > 0 && (
            <span>{t('broadcast.progress.rate', { n: Math.round(progress.users_per_second) })} · </span>
          )}
          {progress.estimated_end && state === 'running' && (
            <span>{t('broadcast.progress.end', { at: format.clock(progress.estimated_end) })}</span>
          )}
          {finished && <span>{t('broadcast.progress.ended', { at: format.dateTime(finished) })}</span>}
        </p>
        <OutcomeBar outcomes={outcomes} />
        <OutcomeCounts outcomes={outcomes} />
        <p><TextLink href={`/notifications?broadcast=${props.broadcast.id}`}>{t('broadcast.notifications')}</TextLink></p>
      </div>
    </Section>
  );
}

function About(props: { broadcast: Broadcast }) {
  const { broadcast: one } = props;
  const t = useT();
  const word = useWord();
  return (
    <Facts
      facts={[
        { label: t('broadcast.category'), value: <Ident>{one.category}</Ident> },
        { label: t('broadcast.channels'), value: one.channels.map((each) => word('channel', each)).join(t('content.comma')) },
        one.template !== null && {
          label: t('broadcast.template'),
          value: <TextLink href={`/templates/${encodeURIComponent(one.template)}`}><Ident>{one.template}</Ident></TextLink>,
        },
        { label: t('broadcasts.column.who'), value: <Ident>{one.created_by}</Ident> },
        { label: t('notification.created'), value: <Time at={one.created_at} absolute /> },
        one.start_at !== null && { label: t('broadcast.start_at'), value: <Time at={one.start_at} absolute /> },
        one.users !== null && { label: t('broadcast.audience'), value: <Num value={one.users} /> },
        one.segment && { label: t('broadcast.segment'), value: <pre className="answer" dir="ltr">{one.segment}</pre>, wide: true },
        { label: t('notification.id'), value: <Ident>{one.id}</Ident>, wide: true },
      ].map((fact) => (fact === '' ? null : fact))}
    />
  );
}

function Events(props: { events: readonly { at: string; actor: string; action: string }[] }) {
  const t = useT();
  const word = useWord();
  return (
    <Section title={t('broadcast.events')}>
      <ul className="plain-list">
        {props.events.map((event, index) => (
          <li key={index}>
            <Ident>{event.actor}</Ident> {word('broadcast.event', event.action)} <span className="muted"><Time at={event.at} /></span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
