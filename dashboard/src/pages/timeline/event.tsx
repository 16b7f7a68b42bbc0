import type { Json, TimelineItem } from '../../api/types';
import { useFormat, useT, useWord } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import { Icon, type IconName } from '../../ui/icon';
import { Badge, Ident, UserText, type Tone } from '../../ui/text';
import { Evidence } from '../../ui/evidence';
import { verdictTone } from '../../ui/payment';

const ICONS: Record<string, IconName> = {
  job: 'jobs',
  notification: 'notifications',
  delivery: 'phone',
  image: 'image',
  translation: 'translations',
  audit: 'audit',
  payment: 'payment',
};

const GOOD = new Set(['completed', 'accepted', 'ready', 'translated', 'approved', 'human', 'done', 'current']);
const BAD = new Set(['failed', 'rejected', 'dead']);
const WARN = new Set(['unknown', 'suppressed', 'deferred', 'parked', 'review', 'review open', 'pending', 'stale']);
const INFO = new Set(['running', 'processing']);

export function toneOf(state: string | null): Tone {
  if (state === null) return 'neutral';
  if (GOOD.has(state)) return 'good';
  if (BAD.has(state)) return 'bad';
  if (WARN.has(state)) return 'warn';
  return INFO.has(state) ? 'info' : 'neutral';
}

const text = (value: Json | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;

/** Where more about it stands; nothing when there is no page of its own. */
export function hrefOf(item: TimelineItem): string | null {
  if (item.type === 'job') return `/jobs/${item.id}`;
  if (item.type === 'notification' || item.type === 'delivery') return `/notifications/${item.id}`;
  if (item.type === 'image') return `/media/${item.id}`;
  // A check has no page; the job that asked has.
  if (item.type === 'payment') return text(item.detail['job_id']) && `/jobs/${text(item.detail['job_id'])}`;
  return null;
}

export function Event(props: { item: TimelineItem }) {
  const word = useWord();
  const format = useFormat();
  const { item } = props;
  const href = hrefOf(item);
  const ident = item.type === 'job' || item.type === 'audit' || item.type === 'image' || item.type === 'translation';
  const title = item.title ?? '';
  const payment = item.type === 'payment';
  const name = ident ? <Ident>{title}</Ident> : item.type === 'delivery' ? word('timeline.channel', title)
    : payment ? word('payment.cause', title) : <UserText>{title}</UserText>;
  const tone = payment ? verdictTone(item.state ?? '') : toneOf(item.state);
  return (
    <li className="step">
      <span className={`step-mark step-${tone === 'neutral' ? 'plain' : tone}`}>
        <Icon name={ICONS[item.type] ?? 'dot'} size={14} />
      </span>
      <div className="step-body">
        <div className="step-head">
          <span className="muted">{word('timeline.type', item.type)}</span>
          <b>{href ? <TextLink href={href}>{name}</TextLink> : name}</b>
          {item.state && <Badge tone={tone}>{word(payment ? 'payment.verdict' : 'timeline.state', item.state)}</Badge>}
          <time className="muted small num" dateTime={item.at} title={format.dateTime(item.at, true)}>
            {format.clock(item.at, true)}
          </time>
        </div>
        {payment ? <Checked item={item} /> : <Details item={item} />}
      </div>
    </li>
  );
}

function Details(props: { item: TimelineItem }) {
  const t = useT();
  const word = useWord();
  const { detail, type } = props.item;
  const error = text(detail['error']);
  const body = text(detail['body']) ?? text(detail['text']);
  const reason = text(detail['reason']);
  const user = text(detail['user_id']);
  const language = text(detail['lang']);
  return (
    <>
      {body && <UserText className="muted">{body}</UserText>}
      {error && <UserText className="error-text">{error}</UserText>}
      {(reason || user || language) && (
        <span className="line muted small">
          {user && <span>{t('timeline.user')} <Ident>{user}</Ident></span>}
          {language && <Ident>{language}</Ident>}
          {reason && (type === 'audit' ? <UserText>{reason}</UserText> : <span>{word('timeline.reason', reason)}</span>)}
        </span>
      )}
    </>
  );
}

function Checked(props: { item: TimelineItem }) {
  const { detail } = props.item;
  return (
    <Evidence attempts={detail['attempts']} result={text(detail['result'])}
      times={typeof detail['times'] === 'number' ? detail['times'] : 1} />
  );
}
