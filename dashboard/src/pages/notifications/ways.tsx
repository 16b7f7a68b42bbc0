// What each phone got, and why not: one block for each channel and device.
import { useHasMessage, useT, useWord } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import { Icon, type IconName } from '../../ui/icon';
import { Empty } from '../../ui/layout';
import { Badge, Duration, Ident, Time, UserText } from '../../ui/text';
import type { Attempt, Delivery, NotificationDetail, WhyNot } from './model';
import { StateBadge } from './outcomes';
import { whyOf } from './reasons';
import { isSettled, waysOut, type WayOut } from './states';

const CHANNEL_ICON: Record<string, IconName> = {
  push: 'phone', inbox: 'inbox', email: 'send', webhook: 'webhooks',
};

const CLASS_TONE: Record<string, 'good' | 'bad' | 'warn' | 'neutral' | 'info'> = {
  accepted: 'good', device_dead: 'bad', payload_rejected: 'bad', sender_mismatch: 'bad',
  third_party_auth: 'bad', device_suspect: 'warn', ambiguous: 'warn', interrupted: 'warn',
};

/** The reason in a sentence, the time it names, and whose turn it is. */
export function WhyText(props: { why: WhyNot }) {
  const t = useT();
  const has = useHasMessage();
  const why = whyOf(props.why);
  return (
    <div className="why">
      <p>
        {why.message ? t(why.message) : <Ident>{why.code}</Ident>}
        {why.detail && has(why.detail) && <> {t(why.detail)}</>}
        {why.until && <> <span className="muted">({t('notification.until')} <Time at={why.until} absolute />)</span></>}
      </p>
      {why.remedy !== 'none' && <p className="muted">{t(`remedy.${why.remedy}`)}</p>}
    </div>
  );
}

function AttemptLine(props: { attempt: Attempt }) {
  const { attempt } = props;
  const t = useT();
  const word = useWord();
  const tone = CLASS_TONE[attempt.class ?? ''] ?? (attempt.class === null ? 'info' : 'neutral');
  return (
    <li className="attempt">
      <div className="attempt-head">
        <span className="attempt-n">{t('notification.attempt', { n: attempt.attempt })}</span>
        <Badge tone={tone}>
          {attempt.class === null ? t('delivery.state.sending') : word('attempt.class', attempt.class)}
        </Badge>
        {attempt.http_status !== null && <Ident>HTTP {attempt.http_status}</Ident>}
        {attempt.reason !== null && attempt.reason !== attempt.class && <Ident>{attempt.reason}</Ident>}
      </div>
      <p className="muted">
        <Time at={attempt.at} absolute />
        {attempt.latency_ms !== null && <> · <Duration ms={attempt.latency_ms} /></>}
      </p>
      {attempt.error && <pre className="answer" dir="ltr"><UserText>{attempt.error}</UserText></pre>}
    </li>
  );
}

function Attempts(props: { delivery: Delivery }) {
  const { delivery } = props;
  const t = useT();
  const shown = delivery.history;
  if (shown.length === 0) return null;
  const last = shown[shown.length - 1];
  return (
    <details className="attempts" open={shown.length <= 2 && last?.class !== 'accepted'}>
      <summary>{t('notification.attempts', { n: Math.max(delivery.attempts, shown.length) })}</summary>
      <ol>{shown.map((attempt) => <AttemptLine key={attempt.attempt} attempt={attempt} />)}</ol>
    </details>
  );
}

function DeviceName(props: { delivery: Delivery }) {
  const word = useWord();
  const t = useT();
  const device = props.delivery.device;
  if (!device) return null;
  return (
    <span className="way-device">
      {device.platform && <span>{word('platform', device.platform)}</span>}
      {device.app_version && (
        <span className="muted">{t('notification.device.app', { version: device.app_version })}</span>
      )}
      <Ident className="muted">{`#${device.id}`}</Ident>
      {device.state && device.state !== 'active' && (
        <Badge tone="warn">{word('device.state', device.state)}</Badge>
      )}
    </span>
  );
}

function Earlier(props: { before: readonly Delivery[] }) {
  const t = useT();
  if (props.before.length === 0) return null;
  return (
    <details className="attempts">
      <summary>{t('notification.earlier', { n: props.before.length })}</summary>
      {props.before.map((delivery) => (
        <div key={delivery.id} className="earlier">
          <p>
            <span>{t('notification.generation', { n: delivery.generation + 1 })}</span>{' '}
            <StateBadge state={delivery.state} /> <Time at={delivery.updated_at} />
          </p>
          <Attempts delivery={delivery} />
        </div>
      ))}
    </details>
  );
}

function Way(props: { way: WayOut }) {
  const { latest, why, before, channel } = props.way;
  const t = useT();
  const word = useWord();
  const state = latest?.state ?? 'waiting';
  return (
    <li className="way">
      <div className="way-head">
        <Icon name={CHANNEL_ICON[channel] ?? 'dot'} />
        <span className="way-channel">{word('channel', channel)}</span>
        {latest && <DeviceName delivery={latest} />}
        <span className="way-state">
          <StateBadge state={state} />
          {latest && <Time at={latest.updated_at} />}
        </span>
      </div>
      {why && <WhyText why={why} />}
      {!why && state === 'accepted' && <p className="muted why">{t('delivery.means.accepted')}</p>}
      {latest?.not_before && !isSettled(state) && !why?.facts['until'] && (
        <p className="muted">{t('notification.until')} <Time at={latest.not_before} absolute /></p>
      )}
      {latest && <Attempts delivery={latest} />}
      <Earlier before={before} />
    </li>
  );
}

export function Ways(props: { notification: NotificationDetail }) {
  const { notification } = props;
  const t = useT();
  const ways = waysOut(notification.deliveries, notification.why_not);
  const inbox = notification.inbox;
  const shown = inbox ? ways.filter((way) => way.channel !== 'inbox') : ways;
  if (shown.length === 0 && !inbox) {
    return <Empty icon="more" title={t('notification.ways.empty')}>{t('notification.ways.empty.hint')}</Empty>;
  }
  return (
    <ul className="ways">
      {shown.map((way) => <Way key={way.key} way={way} />)}
      {inbox && (
        <li className="way">
          <div className="way-head">
            <Icon name="inbox" />
            <span className="way-channel">{t('channel.inbox')}</span>
            <span className="way-state">
              <Badge tone="good" icon="inbox">{t(`inbox.state.${inbox.state}`)}</Badge>
              <Time at={inbox.at} />
            </span>
          </div>
        </li>
      )}
      {notification.job_id !== null && ways.some((way) => way.latest === null) && (
        <li className="way muted">
          {t('notification.job')} <TextLink href={`/jobs/${notification.job_id}`}>
            <Ident>{notification.job_id}</Ident>
          </TextLink>
        </li>
      )}
    </ul>
  );
}
