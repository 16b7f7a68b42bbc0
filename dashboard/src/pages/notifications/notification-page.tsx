// One notification: what each phone got and why not, what a phone shows, and what it belongs to.
import { useParams } from 'wouter';
import { useThing } from '../../api/list';
import { useT, useWord } from '../../i18n/context';
import { ButtonLink, TextLink } from '../../ui/button';
import { Facts, Loaded, Page, Section } from '../../ui/layout';
import { Badge, Ident, Time, UserText } from '../../ui/text';
import type { Explanation, NotificationDetail } from './model';
import { StateBadge } from './outcomes';
import { PhonePreview } from './phone';
import { Ways } from './ways';
import './notifications.css';

const MASK = '•••';

export default function NotificationPage() {
  const { id = '' } = useParams<{ id: string }>();
  const query = useThing<NotificationDetail>('notifications', `/notifications/${encodeURIComponent(id)}`, {
    topics: ['deliveries'],
  });
  const t = useT();
  const title = query.data?.title ?? t('notification.title');
  const heading = query.data?.title ? <UserText>{query.data.title}</UserText> : undefined;
  return (
    <Page
      title={title}
      heading={heading}
      crumbs={[{ href: '/notifications', label: t('notifications.title') }]}
      lead={query.data && <StateBadge state={query.data.status} of="notification.status" />}
      actions={query.data?.allowed_actions.includes('resend') && (
        <ButtonLink href={`/resend?notification=${query.data.id}`} icon="send" variant="primary">
          {t('notifications.resend')}
        </ButtonLink>
      )}
    >
      <Loaded query={query}>{(notification) => <Body notification={notification} />}</Loaded>
    </Page>
  );
}

function Body(props: { notification: NotificationDetail }) {
  const { notification } = props;
  const t = useT();
  const texts = notification.title !== null || notification.body !== null;
  return (
    <div className="split">
      <div className="split-main">
        <Section title={t('notification.ways')} flush>
          <Ways notification={notification} />
        </Section>
        <Explain notification={notification} />
      </div>
      <div className="split-side">
        <Section title={t('notification.preview')}>
          {notification.masked && <p className="muted">{t('notifications.masked')}</p>}
          {!texts && !notification.masked && <p className="muted">{t('notifications.untitled')}</p>}
          {texts && notification.title !== MASK && (
            <PhonePreview
              shown={[{
                locale: notification.locale, title: notification.title, body: notification.body,
                image: notification.image, dir: notification.dir,
              }]}
            />
          )}
        </Section>
        <Section title={t('notification.facts')}><About notification={notification} /></Section>
      </div>
    </div>
  );
}

function About(props: { notification: NotificationDetail }) {
  const { notification: n } = props;
  const t = useT();
  const order = typeof n.data['order'] === 'string' ? n.data['order'] : null;
  const user = encodeURIComponent(n.user_id);
  return (
    <Facts
      facts={[
        { label: t('notification.user'), value: <TextLink href={`/users/${user}`}><Ident>{n.user_id}</Ident></TextLink> },
        { label: t('notification.category'), value: <Ident>{n.category}</Ident> },
        { label: t('notification.created'), value: <Time at={n.created_at} absolute /> },
        { label: t('notification.expires'), value: <Time at={n.expires_at} absolute /> },
        n.template !== null && {
          label: t('notification.template'),
          value: (
            <TextLink href={`/templates/${encodeURIComponent(n.template)}`}>
              <Ident>{n.template_version ? `${n.template} · ${n.template_version}` : n.template}</Ident>
            </TextLink>
          ),
        },
        { label: t('notification.language'), value: n.locale && <Ident>{n.locale}</Ident> },
        n.broadcast_id !== null && {
          label: t('notification.broadcast'),
          value: <TextLink href={`/broadcasts/${n.broadcast_id}`}><Ident>{n.broadcast_id}</Ident></TextLink>,
        },
        n.job_id !== null && {
          label: t('notification.job'),
          value: <TextLink href={`/jobs/${n.job_id}`}><Ident>{n.job_id}</Ident></TextLink>,
        },
        order !== null && order !== MASK && {
          label: t('notification.timeline'),
          value: (
            <TextLink href={`/timeline?tag=${encodeURIComponent(`order:${order}`)}`}>
              <Ident>{`order:${order}`}</Ident>
            </TextLink>
          ),
        },
        { label: t('notification.id'), value: <Ident>{n.id}</Ident>, wide: true },
        Object.keys(n.data).length > 0 && {
          label: t('notification.data'),
          value: <pre className="answer" dir="ltr">{JSON.stringify(n.data, null, 1)}</pre>,
          wide: true,
        },
      ]}
    />
  );
}

const RESULT_TONE: Record<string, 'good' | 'warn' | 'neutral'> = {
  send: 'good', known: 'good', on: 'good', some: 'good', free: 'good', awake: 'good',
  suppress: 'warn', off: 'warn', quiet: 'warn', full: 'warn', none: 'warn', expired: 'warn',
};

function Explain(props: { notification: NotificationDetail }) {
  const t = useT();
  const word = useWord();
  const path = `/notifications/${props.notification.id}/explain`;
  const query = useThing<Explanation>('notifications', path);
  return (
    <Section title={t('notification.explain')} flush>
      <p className="section-note">{t('notification.explain.hint')}</p>
      <Loaded query={query}>
        {(explanation) => (
          <ul className="explain">
            {explanation.items.map((step, index) => (
              <li key={`${step.channel}${step.step}${index}`}>
                <span className="explain-channel">{word('channel', step.channel)}</span>
                <span>{word('notification.explain.step', step.step)}</span>
                <Badge tone={RESULT_TONE[step.result] ?? 'neutral'}>{word('explain.result', step.result)}</Badge>
                <span className="explain-detail"><UserText>{step.detail}</UserText></span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}
