// One user: devices, what they want to hear of and where, and when not.
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'wouter';
import { api } from '../../api/client';
import { useThing } from '../../api/list';
import { useAction } from '../../app/action';
import { useCan } from '../../app/session';
import { useT, useWord } from '../../i18n/context';
import { Button, ButtonLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { Empty, Facts, Loaded, Page, Section } from '../../ui/layout';
import { Badge, Ident, Num, Time } from '../../ui/text';
import type { Category, Device, QuietWindow, User } from './model';
import { daysOf } from './preferences';
import { PreferenceTable } from './preference-table';
import './users.css';
import '../notifications/notifications.css';

export default function UserPage() {
  const { id = '' } = useParams<{ id: string }>();
  const t = useT();
  const can = useCan();
  const path = `/users/${encodeURIComponent(id)}`;
  const query = useThing<User>('users', path, { topics: ['devices'] });
  const link = encodeURIComponent(id);
  return (
    <Page
      title={id}
      heading={<Ident>{id}</Ident>}
      crumbs={[{ href: '/users', label: t('users.title') }]}
      actions={
        <>
          {can('notifications.view') && <ButtonLink href={`/notifications?user=${link}`} icon="notifications">{t('user.notifications')}</ButtonLink>}
          {can('notifications.resend') && <ButtonLink href={`/resend?user=${link}`} icon="send">{t('user.resend')}</ButtonLink>}
        </>
      }
    >
      <Loaded query={query}>{(user) => <Body user={user} />}</Loaded>
    </Page>
  );
}

function Body(props: { user: User }) {
  const { user } = props;
  const t = useT();
  return (
    <div className="split">
      <div className="split-main">
        <Section title={t('user.devices')} flush><Devices user={user} /></Section>
        <Section title={t('user.quiet')}><Quiet user={user} /></Section>
      </div>
      <div className="split-side">
        <Section title={t('notification.facts')}>
          <Facts facts={[
            { label: t('user.locale'), value: user.locale && <Ident>{user.locale}</Ident> },
            { label: t('user.tz'), value: user.tz && <Ident>{user.tz}</Ident> },
            { label: t('user.contact'), value: user.contact && <Email contact={user.contact} /> },
            { label: t('user.unread'), value: <Num value={user.unread} /> },
          ]} />
        </Section>
      </div>
      <div className="split-all"><Preferences user={user} /></div>
    </div>
  );
}

function Email(props: { contact: NonNullable<User['contact']> }) {
  const t = useT();
  const { contact } = props;
  return (
    <>
      <Ident>{contact.email}</Ident>
      {contact.suppressed && (
        <> <Badge tone="warn">{t('user.suppressed')}</Badge> <span className="muted small"><Time at={contact.suppressed.since} /></span></>
      )}
    </>
  );
}

function Devices(props: { user: User }) {
  const t = useT();
  if (props.user.devices.length === 0) {
    return <Empty icon="phone" title={t('user.devices.empty')}>{t('user.devices.empty.hint')}</Empty>;
  }
  return <ul className="ways">{props.user.devices.map((device) => <DeviceLine key={device.id} user={props.user} device={device} />)}</ul>;
}

function DeviceLine(props: { user: User; device: Device }) {
  const { user, device } = props;
  const t = useT();
  const word = useWord();
  const confirm = useConfirm();
  const remove = useAction({
    run: () => api.delete(`/users/${encodeURIComponent(user.user_id)}/devices/${device.id}`),
    topics: ['users', 'devices'],
    done: () => t('user.device.removed', { id: device.id }),
  });
  const may = device.allowed_actions.includes('remove');
  const ask = async () => {
    const yes = await confirm({
      title: t('user.device.remove.title', { id: device.id }), body: t('user.device.remove.hint'),
      confirm: t('user.device.remove'), danger: true,
    });
    if (yes) remove.mutate();
  };
  return (
    <li className="way">
      <div className="way-head">
        <span className="way-channel">{device.platform ? word('platform', device.platform) : <Ident>{`#${device.id}`}</Ident>}</span>
        <span className="way-device">
          {device.app_version && <span className="muted">{t('notification.device.app', { version: device.app_version })}</span>}
          <Ident className="muted">{`#${device.id}`}</Ident>
        </span>
        <span className="way-state">
          <Badge tone={device.state === 'active' ? 'good' : 'warn'}>{word('device.state', device.state)}</Badge>
          {may && <Button small icon="trash" busy={remove.isPending} onPress={() => void ask()}>{t('user.device.remove')}</Button>}
        </span>
      </div>
      <p className="muted small">
        <Time at={device.last_ok_at ?? device.last_registered_at} />
        · <Ident>{`…${device.token.replace(/^…/, '')}`}</Ident>
      </p>
    </li>
  );
}

function Preferences(props: { user: User }) {
  const t = useT();
  const query = useQuery({
    queryKey: ['categories', 'full'],
    queryFn: ({ signal }) => api.get<{ items: Category[] }>('/categories', undefined, signal),
    staleTime: 5 * 60_000,
  });
  return (
    <Section title={t('user.preferences')} flush>
      <p className="section-note">{t('user.preferences.hint')}</p>
      <Loaded query={query}>{({ items }) => <PreferenceTable user={props.user} categories={items} />}</Loaded>
    </Section>
  );
}

function Quiet(props: { user: User }) {
  const t = useT();
  const windows: readonly QuietWindow[] = props.user.quiet_hours;
  if (windows.length === 0) return <p className="muted">{t('user.quiet.none')}</p>;
  return (
    <>
      <ul className="plain-list">
        {windows.map((window, index) => (
          <li key={index}>
            <bdi dir="ltr" className="num">{window.start.slice(0, 5)}–{window.end.slice(0, 5)}</bdi>{' '}
            <span className="muted">
              {daysOf(window)?.map((day) => t(`weekday.${day}`)).join(t('content.comma')) ?? t('user.quiet.every_day')}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
