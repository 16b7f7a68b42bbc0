import { useThing } from '../../api/list';
import { useT, useWord } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import { Empty, Loaded, Page, Section } from '../../ui/layout';
import { Badge, Duration, Ident, Time, UserText } from '../../ui/text';
import type { Webhook } from './model';
import '../translations/translations.css';

const BREAKER_TONE: Record<string, 'good' | 'warn' | 'info' | 'neutral'> = {
  closed: 'good', open: 'warn', half_open: 'info',
};

export function Breaker(props: { state: string | null | undefined }) {
  const word = useWord();
  const state = props.state ?? 'unknown';
  return <Badge tone={BREAKER_TONE[state] ?? 'neutral'}>{word('webhook.breaker', state)}</Badge>;
}

export default function WebhooksPage() {
  const t = useT();
  const query = useThing<{ items: Webhook[] }>('webhooks', '/webhooks', { topics: ['jobs'] });
  return (
    <Page title={t('webhooks.title')} lead={t('webhooks.about')}>
      <Loaded query={query}>
        {({ items }) => items.length === 0
          ? <Empty icon="webhooks" title={t('webhooks.empty')}>{t('webhooks.empty.hint')}</Empty>
          : <div className="cards">{items.map((one) => <Endpoint key={one.name} one={one} />)}</div>}
      </Loaded>
    </Page>
  );
}

function Endpoint(props: { one: Webhook }) {
  const { one } = props;
  const { last_day, waiting, retrying } = one.counts;
  const t = useT();
  return (
    <Section
      title={<TextLink href={`/webhooks/${encodeURIComponent(one.name)}`}><Ident>{one.name}</Ident></TextLink>}
      actions={<Breaker state={one.breaker?.state} />}
    >
      <div className="stack">
        <p className="wrap-anywhere"><Ident>{one.url}</Ident></p>
        {one.breaker && one.breaker.rests_for_ms > 0 && (
          <p>{t('webhook.rests')} <Duration ms={one.breaker.rests_for_ms} /></p>
        )}
        <p>
          {t('webhook.last_day')}{' '}
          {t('webhook.count.completed', { n: last_day.completed })} · {t('webhook.count.failed', { n: last_day.failed })}
          {last_day.capped && <bdi className="muted"> ≥</bdi>}
        </p>
        <p>{t('webhook.count.waiting', { n: waiting })} · {t('webhook.count.retrying', { n: retrying })}</p>
        {one.counts.last_failure_at && (
          <p className="muted small">
            {t('webhook.last_failure')} <Time at={one.counts.last_failure_at} />
            {one.counts.last_error && <> · <UserText>{one.counts.last_error}</UserText></>}
          </p>
        )}
        <p className="muted small">{t('webhook.concurrency', { n: one.concurrency })}</p>
      </div>
    </Section>
  );
}
