// One stream's events that stand still: what is wrong with each, and what to do about it.
import { useMemo } from 'react';
import { useParams } from 'wouter';
import { api } from '../../api/client';
import { useThing } from '../../api/list';
import { useAction } from '../../app/action';
import { useCan } from '../../app/session';
import { useT, type Translate } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { Empty, Loaded, Notice, Page, Section } from '../../ui/layout';
import { Table, type Column } from '../../ui/table';
import { Ident, Num, Time, UserText } from '../../ui/text';
import { ASK_EVERY_MS, type BlockedEvent } from './model';
import '../translations/translations.css';

/** The API tells of the oldest only: there is no next page. */
const MOST = 200;

const columns = (t: Translate, stream: string, manage: boolean): Column<BlockedEvent>[] => [
  {
    id: 'event', header: t('blocked.event'), show: 'main',
    cell: (one) => (
      <span className="two-lines">
        <Ident>{one.event_type ?? '–'}</Ident>
        <Ident className="muted small wrap-anywhere">{`#${one.event_id ?? '–'}`}</Ident>
      </span>
    ),
  },
  {
    id: 'about', header: t('blocked.about'),
    cell: (one) => (
      <span className="two-lines">
        <TextLink href={`/timeline?tag=${encodeURIComponent(`${one.aggregate_type}:${one.aggregate_id}`)}`}>
          <Ident>{`${one.aggregate_type}:${one.aggregate_id}`}</Ident>
        </TextLink>
        {one.aggregate_version !== null && <span className="muted small">{t('blocked.version', { n: one.aggregate_version })}</span>}
      </span>
    ),
  },
  {
    id: 'error', header: t('blocked.error'), width: '32%',
    cell: (one) => (
      <span className="two-lines">
        {one.error && <UserText className="wrap-anywhere">{one.error}</UserText>}
        {one.job_id !== null && (
          <span className="small"><span className="muted">{t('blocked.job')}</span> <TextLink href={`/jobs/${one.job_id}`}><Ident>{`#${one.job_id}`}</Ident></TextLink></span>
        )}
      </span>
    ),
  },
  { id: 'attempts', header: t('blocked.attempts'), numeric: true, show: 'wide', cell: (one) => <Num value={one.attempts} /> },
  { id: 'since', header: t('blocked.since'), cell: (one) => <Time at={one.blocked_at ?? one.occurred_at} /> },
  ...(manage ? [{ id: 'actions', header: t('content.actions'), cell: (one: BlockedEvent) => <Decide stream={stream} one={one} /> }] : []),
];

export default function StreamPage() {
  const { stream = '' } = useParams<{ stream: string }>();
  const t = useT();
  const manage = useCan()('commerce.manage');
  const query = useThing<{ items: BlockedEvent[] }>('outbox', `/outbox/${encodeURIComponent(stream)}/blocked`, {
    params: { limit: MOST }, topics: ['jobs'], everyMs: () => ASK_EVERY_MS,
  });
  const shown = useMemo(() => columns(t, stream, manage), [t, stream, manage]);
  return (
    <Page title={stream} heading={<Ident>{stream}</Ident>} crumbs={[{ href: '/shop', label: t('nav.shop') }]} lead={t('blocked.lead')}>
      <Loaded query={query}>
        {({ items }) => items.length === 0
          ? <Section><Empty icon="checkCircle" title={t('blocked.empty')}>{t('blocked.empty.hint')}</Empty></Section>
          : (
            <div className="stack">
              {items.length >= MOST && <Notice tone="warn">{t('blocked.most', { n: MOST })}</Notice>}
              <Section title={t('blocked.title')} flush>
                <Table caption={t('blocked.title')} columns={shown} rows={items}
                  rowKey={(one) => one.event_id ?? `${one.aggregate_type}:${one.aggregate_id}:${one.aggregate_version}`} />
              </Section>
            </div>
          )}
      </Loaded>
    </Page>
  );
}

function Decide(props: { stream: string; one: BlockedEvent }) {
  const { stream, one } = props;
  const t = useT();
  const confirm = useConfirm();
  const decide = useAction<{ what: 'retry' | 'skip'; reason: string | undefined }>({
    run: ({ what, reason }) => api.post(`/outbox/${encodeURIComponent(stream)}/${what}`, { event_id: one.event_id, reason }),
    topics: ['outbox', 'jobs'],
    done: (_, { what }) => t(`blocked.${what}.done`, { id: one.event_id }),
  });
  if (one.event_id === null) return null;
  const ask = async (what: 'retry' | 'skip') => {
    const yes = await confirm({
      title: t(`blocked.${what}.title`, { id: one.event_id }), body: t(`blocked.${what}.hint`), confirm: t(`blocked.${what}.go`),
      reason: 'required', danger: what === 'skip',
    });
    if (yes) decide.mutate({ what, reason: yes.reason });
  };
  return (
    <span className="row-actions">
      <Button small icon="retry" busy={decide.isPending} onPress={() => void ask('retry')}>{t('blocked.retry')}</Button>
      <Button small icon="skip" busy={decide.isPending} onPress={() => void ask('skip')}>{t('blocked.skip')}</Button>
    </span>
  );
}
