// One endpoint: what was posted to it and what it answered.
import { useMemo } from 'react';
import { useParams } from 'wouter';
import { api } from '../../api/client';
import { useList } from '../../api/list';
import { useAction } from '../../app/action';
import { useT, type Translate } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { JobState } from '../../ui/job-state';
import { Page, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Duration, Ident, Num, Time, UserText } from '../../ui/text';
import type { WebhookDelivery } from './model';

const columns = (t: Translate): Column<WebhookDelivery>[] => [
  {
    id: 'job', header: t('webhook.column.job'), show: 'main',
    cell: (one) => (
      <span className="two-lines">
        <TextLink href={`/jobs/${one.job_id}`}><Ident>{one.type ?? 'http.deliver'}</Ident></TextLink>
        <Ident className="muted small">{`#${one.job_id}`}</Ident>
      </span>
    ),
  },
  { id: 'state', header: t('jobs.state'), cell: (one) => <JobState state={one.state} /> },
  {
    id: 'answer', header: t('webhook.column.answer'),
    cell: (one) => (
      <span className="two-lines">
        {one.status !== null
          ? <span><Ident>HTTP {one.status}</Ident> {one.duration_ms !== null && <span className="muted">· <Duration ms={one.duration_ms} /></span>}</span>
          : one.error === null && <span className="muted">{t('webhook.no_answer')}</span>}
        {one.error && <span className="muted small clip"><UserText>{one.error}</UserText></span>}
      </span>
    ),
  },
  { id: 'attempts', header: t('webhook.column.attempts'), numeric: true, show: 'wide', cell: (one) => <Num value={one.attempt} /> },
  { id: 'when', header: t('webhook.column.when'), cell: (one) => <Time at={one.finished_at ?? one.created_at} /> },
  { id: 'actions', header: t('content.actions'), cell: (one) => <Redeliver one={one} /> },
];

export default function WebhookPage() {
  const { name = '' } = useParams<{ name: string }>();
  const t = useT();
  const list = useList<WebhookDelivery>('webhooks', `/webhooks/${encodeURIComponent(name)}/deliveries`, {}, { topics: ['jobs'] });
  const shown = useMemo(() => columns(t), [t]);
  return (
    <Page title={name} heading={<Ident>{name}</Ident>} crumbs={[{ href: '/webhooks', label: t('webhooks.title') }]}>
      <Section title={t('webhook.deliveries')} flush>
        <ListView caption={t('webhook.deliveries')} list={list} columns={shown} rowKey={(one) => String(one.job_id)}
          rowHref={(one) => `/jobs/${one.job_id}`}
          empty={{ icon: 'webhooks', title: t('webhook.deliveries.empty'), text: t('webhook.deliveries.empty.hint') }} />
      </Section>
    </Page>
  );
}

function Redeliver(props: { one: WebhookDelivery }) {
  const { one } = props;
  const t = useT();
  const confirm = useConfirm();
  const again = useAction<void, WebhookDelivery>({
    run: () => api.post(`/webhooks/deliveries/${one.job_id}/redeliver`, {}),
    topics: ['webhooks', 'jobs'],
    done: () => t('webhook.redelivered', { id: one.job_id }),
  });
  if (!one.allowed_actions.includes('redeliver')) return null;
  const ask = async () => {
    const yes = await confirm({
      title: t('webhook.redeliver.title', { id: one.job_id }), body: t('webhook.redeliver.hint'), confirm: t('webhook.redeliver'),
    });
    if (yes) again.mutate();
  };
  return <Button small icon="retry" busy={again.isPending} onPress={() => void ask()}>{t('webhook.redeliver')}</Button>;
}
