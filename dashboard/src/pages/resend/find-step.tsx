// The first step: which notifications, and what each phone got and why not.
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { useList } from '../../api/list';
import { useT } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { Select, TextField } from '../../ui/form';
import { Empty, Problem, Section, Skeleton } from '../../ui/layout';
import { CountText, Ident, Time, UserText } from '../../ui/text';
import type { NotificationDetail, NotificationItem } from '../notifications/model';
import { localToUtc, useCategories } from '../notifications/notifications-page';
import { OutcomeCounts, StateBadge } from '../notifications/outcomes';
import { Ways } from '../notifications/ways';
import { filterOf, isMeant, namesIn, type Flow } from './flow';
import type { Change } from './flow-page';

const SHOWN = 20;

export function FindStep(props: { flow: Flow; change: Change }) {
  const { flow, change } = props;
  const t = useT();
  const meant = isMeant(flow);
  return (
    <div className="resend-flow">
      <Section title={t('resend.find.title')}>
        <p className="muted">{t('resend.find.hint')}</p>
        <Fields flow={flow} change={change} />
        {!meant && <p className="muted small" role="status">{t('resend.find.needed')}</p>}
      </Section>
      {meant && (
        <Section title={t('resend.find.matches')} flush>
          {flow.notifications.length > 0 ? <Named ids={flow.notifications} /> : <Found flow={flow} />}
        </Section>
      )}
      <div className="flow-foot">
        <Button variant="primary" isDisabled={!meant} onPress={() => change({ step: 'mode' })}>
          {t('resend.next')}
        </Button>
      </div>
    </div>
  );
}

/** Text that becomes part of the address when the field is left: not with each letter. */
function Names(props: { label: string; names: readonly string[]; onChange: (names: string[]) => void }) {
  const [draft, setDraft] = useState<string | null>(null);
  const commit = () => {
    if (draft !== null) props.onChange(namesIn(draft));
    setDraft(null);
  };
  return (
    <TextField label={props.label} rows={2} dir="ltr" mono value={draft ?? props.names.join('\n')}
      onChange={setDraft} onBlur={commit} />
  );
}

function Fields(props: { flow: Flow; change: Change }) {
  const { flow, change } = props;
  const t = useT();
  const categories = useCategories();
  const [broadcast, setBroadcast] = useState<string | null>(null);
  return (
    <div className="form-grid">
      <Names label={t('resend.find.users')} names={flow.users} onChange={(users) => change({ users })} />
      <Names label={t('resend.find.notifications')} names={flow.notifications}
        onChange={(notifications) => change({ notifications })} />
      <TextField label={t('resend.find.broadcast')} dir="ltr" mono value={broadcast ?? flow.broadcast ?? ''}
        onChange={setBroadcast}
        onBlur={() => {
          if (broadcast !== null) change({ broadcast: broadcast.trim() || null });
          setBroadcast(null);
        }} />
      {categories && (
        <Select label={t('resend.find.category')} value={flow.category} any={t('ui.any')}
          options={categories.map((id) => ({ id, label: id, ident: true }))}
          onChange={(category) => change({ category })} />
      )}
      <Select label={t('resend.find.channel')} value={flow.channel} any={t('ui.any')}
        options={['push', 'email', 'webhook'].map((id) => ({ id, label: t(`channel.${id}`) }))}
        onChange={(channel) => change({ channel })} />
      <TextField label={t('resend.find.since')} type="datetime-local" dir="ltr" value={flow.since ?? ''}
        onChange={(since) => change({ since: since || null })} />
      <TextField label={t('resend.find.until')} type="datetime-local" dir="ltr" value={flow.until ?? ''}
        onChange={(until) => change({ until: until || null })} />
    </div>
  );
}

/** Named ones are shown whole at once: they are few. */
function Named(props: { ids: readonly string[] }) {
  const t = useT();
  const shown = props.ids.slice(0, SHOWN);
  const all = useQueries({
    queries: shown.map((id) => ({
      queryKey: ['notifications', 'one', `/notifications/${id}`, null],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.get<NotificationDetail>(`/notifications/${encodeURIComponent(id)}`, undefined, signal),
      retry: false,
    })),
  });
  return (
    <ul className="found">
      {all.map((query, index) => (
        <li key={shown[index]} className="found-one">
          {query.data && <NamedOne notification={query.data} open={shown.length <= 3} />}
          {query.error && (
            <>
              <Ident className="muted">{shown[index]}</Ident>
              <Problem compact error={query.error} />
            </>
          )}
          {query.isPending && <Skeleton lines={2} />}
        </li>
      ))}
      {props.ids.length > SHOWN && <li className="found-more">{t('resend.find.more')}</li>}
    </ul>
  );
}

function NamedOne(props: { notification: NotificationDetail; open: boolean }) {
  const { notification } = props;
  return (
    <details open={props.open}>
      <summary><FoundHead item={notification} counts={notification.counts} /></summary>
      <Ways notification={notification} />
    </details>
  );
}

function FoundHead(props: {
  item: Pick<NotificationItem, 'id' | 'title' | 'user_id' | 'created_at' | 'status'>;
  counts: NotificationItem['deliveries'];
}) {
  const t = useT();
  const { item } = props;
  return (
    <span className="found-head">
      <span className="found-title">
        {item.title === null ? t('notifications.untitled') : <UserText>{item.title}</UserText>}
      </span>
      <Ident className="muted">{item.user_id}</Ident>
      <StateBadge state={item.status} of="notification.status" />
      <OutcomeCounts outcomes={props.counts} />
      <Time at={item.created_at} />
    </span>
  );
}

/** Others by the list's own filters; several users one after the other. */
function Found(props: { flow: Flow }) {
  const { flow } = props;
  const users: (string | undefined)[] = flow.users.length > 0 ? flow.users.slice(0, 5) : [undefined];
  return (
    <div>
      {users.map((user) => <FoundOf key={user ?? ''} flow={flow} user={user} alone={users.length === 1} />)}
    </div>
  );
}

function FoundOf(props: { flow: Flow; user: string | undefined; alone: boolean }) {
  const { flow, user } = props;
  const t = useT();
  const filter = filterOf(flow);
  const list = useList<NotificationItem>(
    'notifications', '/notifications',
    {
      user, broadcast: filter.broadcast_id, category: filter.category, channel: filter.channel,
      from: localToUtc(flow.since ?? undefined), to: localToUtc(flow.until ?? undefined),
    },
    { limit: props.alone ? SHOWN : 5, countPath: '/notifications/count', topics: ['deliveries'] },
  );
  if (list.loading) return <Skeleton lines={4} />;
  if (list.error) return <Problem error={list.error} retry={list.refresh} />;
  return (
    <>
      {user && <p className="found-user"><Ident>{user}</Ident></p>}
      {list.rows.length === 0 && <Empty icon="search" title={t('resend.find.none')} />}
      <ul className="found">
        {list.rows.map((item) => <FoundOne key={item.id} item={item} />)}
        {list.more && (
          <li className="found-more">{t('resend.find.more')} {list.count && <CountText value={list.count} />}</li>
        )}
      </ul>
    </>
  );
}

function FoundOne(props: { item: NotificationItem }) {
  const { item } = props;
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <li className="found-one">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary><FoundHead item={item} counts={item.deliveries} /></summary>
        {open && <Opened id={item.id} />}
        <p className="found-link">
          <TextLink href={`/notifications/${item.id}`}>{t('notification.title')} <Ident>{item.id}</Ident></TextLink>
        </p>
      </details>
    </li>
  );
}

function Opened(props: { id: string }) {
  const [query] = useQueries({
    queries: [{
      queryKey: ['notifications', 'one', `/notifications/${props.id}`, null],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.get<NotificationDetail>(`/notifications/${props.id}`, undefined, signal),
    }],
  });
  if (query.data) return <Ways notification={query.data} />;
  if (query.error) return <Problem compact error={query.error} />;
  return <Skeleton lines={2} />;
}
