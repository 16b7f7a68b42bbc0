// One re-send: what became of it so far, by itself until it is done.
import { useParams } from 'wouter';
import { useList, useThing } from '../../api/list';
import { useCan } from '../../app/session';
import { useFilters } from '../../app/url';
import { useFormat, useT, useWord } from '../../i18n/context';
import { ButtonLink, TextLink } from '../../ui/button';
import { Select } from '../../ui/form';
import { Facts, Loaded, Notice, Page, Progress, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Badge, Ident, Num, Time, UserText } from '../../ui/text';
import { StateBadge } from '../notifications/outcomes';
import { useReasonWord } from '../notifications/reason-word';
import type { Resend, ResendOutcome, ResendProgress } from './model';
import './resend.css';

const OUTCOMES = ['accepted', 'failed', 'unknown', 'skipped', 'deferred', 'waiting'] as const;
const WATCH_MS = 3000;

export default function ResendPage() {
  const { id = '' } = useParams<{ id: string }>();
  const t = useT();
  const path = `/resends/${encodeURIComponent(id)}`;
  const first = useThing<Resend>('resends', path, {
    topics: ['notifications', 'deliveries'],
    // Live events bring changes; this is for when they don't come.
    everyMs: (resend) => (resend?.state === 'running' ? WATCH_MS : false),
  });
  const title = t('resend.watch.title', { id });
  return (
    <Page
      title={title}
      crumbs={[{ href: '/resends', label: t('resends.title') }]}
      lead={first.data && <StateOf resend={first.data} />}
      actions={<Again />}
    >
      <Loaded query={first}>{(resend) => <Body resend={resend} />}</Loaded>
    </Page>
  );
}

function Again() {
  const t = useT();
  if (!useCan()('notifications.resend')) return null;
  return <ButtonLink href="/resend" icon="send">{t('resend.watch.again')}</ButtonLink>;
}

export function StateOf(props: { resend: Resend }) {
  const t = useT();
  return props.resend.state === 'running'
    ? <Badge tone="info" icon="send">{t('resend.watch.running')}</Badge>
    : <Badge tone="good">{t('resend.watch.done')}</Badge>;
}

const doneOf = (progress: ResendProgress): number =>
  progress.total - progress.waiting - progress.deferred;

function Body(props: { resend: Resend }) {
  const { resend } = props;
  const t = useT();
  const { progress } = resend;
  return (
    <>
      {progress && (
        <Section title={t('resends.column.progress')}>
          <div className="watch" role="status">
            <p className="watch-count">
              {t('resend.watch.of', { done: doneOf(progress), all: progress.total })}
              {progress.approximate && <span className="muted small"> ≈</span>}
            </p>
            <Progress value={doneOf(progress)} max={progress.total} label={t('resends.column.progress')} />
            <Counts progress={progress} />
            <p className="muted">{t('resend.watch.remaining', { n: progress.waiting + progress.deferred })}</p>
          </div>
        </Section>
      )}
      {progress && Object.keys(progress.reasons).length > 0 && <Reasons reasons={progress.reasons} />}
      <Section title={t('notification.facts')}><About resend={resend} /></Section>
      <Outcomes id={resend.id} />
    </>
  );
}

function Counts(props: { progress: ResendProgress }) {
  const t = useT();
  const format = useFormat();
  const { progress } = props;
  const named: [string, number][] = [
    ['accepted', progress.accepted], ['failed', progress.failed], ['unknown', progress.unknown],
    ['suppressed', progress.skipped], ['deferred', progress.deferred], ['pending', progress.waiting],
  ];
  return (
    <ul className="was">
      {named.filter(([, n]) => n > 0).map(([state, n]) => (
        <li key={state}><StateBadge state={state} /> <span className="num">{format.number(n)}</span></li>
      ))}
      {progress.superseded > 0 && <li className="muted">{t('resend.superseded', { n: progress.superseded })}</li>}
    </ul>
  );
}

function Reasons(props: { reasons: Record<string, number> }) {
  const t = useT();
  const reasonWord = useReasonWord();
  return (
    <Section title={t('resend.reasons')}>
      <ul className="plain-list">
        {Object.entries(props.reasons).sort((a, b) => b[1] - a[1]).map(([reason, n]) => (
          <li key={reason}><Num value={n} /> · {reasonWord(reason)}</li>
        ))}
      </ul>
    </Section>
  );
}

function About(props: { resend: Resend }) {
  const { resend } = props;
  const t = useT();
  const filter = resend.filter;
  return (
    <>
      {resend.override && <Notice tone="warn">{t('resend.override.confirm')}</Notice>}
      <Facts
        facts={[
          { label: t('resend.reason'), value: <UserText>{resend.reason}</UserText>, wide: true },
          { label: t('resends.column.who'), value: <Ident>{resend.actor}</Ident> },
          { label: t('resends.column.when'), value: <Time at={resend.created_at} absolute /> },
          { label: t('resend.mode.title'), value: t(`resend.mode.${resend.mode}`) },
          { label: t('resend.content'), value: t(`resend.content.${resend.content}`) },
          filter.broadcast_id !== undefined && {
            label: t('resend.find.broadcast'),
            value: <TextLink href={`/broadcasts/${filter.broadcast_id}`}><Ident>{filter.broadcast_id}</Ident></TextLink>,
          },
          filter.user_ids && {
            label: t('notifications.filter.user'), value: <Ident>{filter.user_ids.slice(0, 10).join(', ')}</Ident>,
          },
          filter.category !== undefined && { label: t('notification.category'), value: <Ident>{filter.category}</Ident> },
          filter.since !== undefined && { label: t('resend.find.since'), value: <Time at={filter.since} absolute /> },
          filter.until !== undefined && { label: t('resend.find.until'), value: <Time at={filter.until} absolute /> },
          {
            label: t('notification.job'),
            value: resend.job_ids.slice(0, 5).map((job) => (
              <span key={job}><TextLink href={`/jobs/${job}`}><Ident>{job}</Ident></TextLink> </span>
            )),
          },
        ]}
      />
    </>
  );
}

function Outcomes(props: { id: number }) {
  const t = useT();
  const word = useWord();
  const reasonWord = useReasonWord();
  const { filters, set } = useFilters(['outcome'] as const);
  const list = useList<ResendOutcome>('resends', `/resends/${props.id}/outcomes`, filters, {
    topics: ['notifications', 'deliveries'],
  });
  const columns: Column<ResendOutcome>[] = [
    {
      id: 'user', header: t('notifications.column.user'), show: 'main',
      cell: (one) => (
        <TextLink href={`/notifications/${one.notification_id}`}>
          <Ident>{one.user_id ?? one.notification_id}</Ident>
        </TextLink>
      ),
    },
    {
      id: 'way', header: t('notifications.filter.channel'),
      cell: (one) => (
        <>{word('channel', one.channel)} {one.device_id !== null && <Ident className="muted">{`#${one.device_id}`}</Ident>}</>
      ),
    },
    { id: 'state', header: t('notifications.filter.status'), cell: (one) => <StateBadge state={one.state} /> },
    { id: 'why', header: t('resend.reason'), cell: (one) => one.reason && <span>{reasonWord(one.reason)}</span> },
    { id: 'at', header: t('notifications.column.when'), cell: (one) => <Time at={one.updated_at} /> },
  ];
  return (
    <Section
      title={t('notifications.column.outcomes')}
      flush
      actions={
        <Select label={t('notifications.filter.status')} hideLabel value={filters.outcome ?? null} any={t('ui.any')}
          options={OUTCOMES.map((id) => ({ id, label: t(`notification.status.${id}`) }))}
          onChange={(outcome) => set({ outcome })} />
      }
    >
      <ListView caption={t('notifications.column.outcomes')} list={list} columns={columns}
        rowKey={(one) => `${one.notification_id}${one.channel}${one.device_id ?? ''}`}
        empty={{ icon: 'send', title: t('notifications.empty') }} />
    </Section>
  );
}
