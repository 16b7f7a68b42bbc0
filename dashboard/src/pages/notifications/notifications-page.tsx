import { useMemo } from 'react';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { useList } from '../../api/list';
import { useCan } from '../../app/session';
import { useFilters } from '../../app/url';
import { useT, type Translate } from '../../i18n/context';
import { ButtonLink, TextLink } from '../../ui/button';
import { FilterText } from '../../ui/filter-text';
import { Select } from '../../ui/form';
import { Page, Section } from '../../ui/layout';
import { FilterBar, ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Ident, Time, UserText } from '../../ui/text';
import type { NotificationItem } from './model';
import { OutcomeCounts, StateBadge } from './outcomes';
import './notifications.css';

const FILTERS = [
  'user', 'device', 'status', 'category', 'channel', 'broadcast', 'from', 'to',
] as const;
const STATUSES = [
  'accepted', 'failed', 'unknown', 'suppressed', 'deferred', 'pending', 'expired', 'collected', 'waiting',
];
const CHANNELS = ['push', 'inbox', 'email', 'webhook'];

interface Category {
  key: string;
}

/** The categories that there are; without them the filter takes any text. */
export function useCategories(): string[] | null {
  const query = useQuery({
    queryKey: ['categories'],
    queryFn: ({ signal }) => api.get<{ items: Category[] }>('/categories', undefined, signal),
    staleTime: 5 * 60_000,
    retry: false,
  });
  return query.data?.items.map((each) => each.key) ?? null;
}

const columns = (t: Translate): Column<NotificationItem>[] => [
  {
    id: 'what',
    header: t('notifications.column.what'),
    show: 'main',
    cell: (n) => (
      <span className="two-lines">
        <TextLink href={`/notifications/${n.id}`} className="clip">
          {n.title === null ? t('notifications.untitled') : <UserText>{n.title}</UserText>}
        </TextLink>
        {n.body && <span className="muted small clip"><UserText>{n.body}</UserText></span>}
      </span>
    ),
  },
  {
    id: 'status',
    header: t('notifications.filter.status'),
    cell: (n) => <StateBadge state={n.status} of="notification.status" />,
  },
  {
    id: 'outcomes',
    header: t('notifications.column.outcomes'),
    cell: (n) => <OutcomeCounts outcomes={n.deliveries} />,
  },
  { id: 'user', header: t('notifications.column.user'), cell: (n) => <Ident>{n.user_id}</Ident> },
  {
    id: 'category',
    header: t('notifications.column.category'),
    cell: (n) => <Ident className="nowrap">{n.category}</Ident>,
    show: 'wide',
  },
  { id: 'when', header: t('notifications.column.when'), cell: (n) => <Time at={n.created_at} /> },
];

export function localToUtc(value: string | undefined): string | undefined {
  if (!value) return undefined;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

export default function NotificationsPage() {
  const t = useT();
  const can = useCan();
  const { filters, set, clear, active } = useFilters(FILTERS);
  const categories = useCategories();
  const asked = useMemo(
    () => ({ ...filters, from: localToUtc(filters.from), to: localToUtc(filters.to) }),
    [filters],
  );
  const list = useList<NotificationItem>('notifications', '/notifications', asked, {
    countPath: '/notifications/count', topics: ['deliveries'],
  });
  const shown = useMemo(() => columns(t), [t]);
  const narrow = resendLink(filters);
  return (
    <Page
      title={t('notifications.title')}
      lead={t('notifications.about')}
      actions={can('notifications.resend') && (
        <ButtonLink href={narrow} icon="send">{t('notifications.resend')}</ButtonLink>
      )}
    >
      <FilterBar active={active} onClear={clear}>
        <FilterText label={t('notifications.filter.user')} ident value={filters.user}
          onChange={(user) => set({ user })} />
        <Select label={t('notifications.filter.status')} value={filters.status ?? null} any={t('ui.any')}
          options={STATUSES.map((id) => ({ id, label: t(`notification.status.${id}`) }))}
          onChange={(status) => set({ status })} />
        {categories ? (
          <Select label={t('notifications.filter.category')} value={filters.category ?? null} any={t('ui.any')}
            options={categories.map((id) => ({ id, label: id, ident: true }))}
            onChange={(category) => set({ category })} />
        ) : (
          <FilterText label={t('notifications.filter.category')} ident value={filters.category}
            onChange={(category) => set({ category })} />
        )}
        <Select label={t('notifications.filter.channel')} value={filters.channel ?? null} any={t('ui.any')}
          options={CHANNELS.map((id) => ({ id, label: t(`channel.${id}`) }))}
          onChange={(channel) => set({ channel })} />
        <FilterText label={t('notifications.filter.device')} ident value={filters.device}
          onChange={(device) => set({ device: device?.replace(/\D/g, '') ?? null })} />
        <FilterText label={t('notifications.filter.from')} type="datetime-local" ident value={filters.from}
          onChange={(from) => set({ from })} />
        <FilterText label={t('notifications.filter.to')} type="datetime-local" ident value={filters.to}
          onChange={(to) => set({ to })} />
      </FilterBar>
      <Section flush>
        <ListView
          caption={t('notifications.title')}
          list={list}
          columns={shown}
          rowKey={(n) => n.id}
          rowHref={(n) => `/notifications/${n.id}`}
          empty={{
            icon: 'notifications',
            title: t(active > 0 ? 'notifications.empty' : 'notifications.empty.fresh'),
            text: t(active > 0 ? 'notifications.empty.hint' : 'notifications.empty.fresh.hint'),
          }}
        />
      </Section>
    </Page>
  );
}

/** What is filtered here is what the re-send starts with. */
export function resendLink(filters: Partial<Record<(typeof FILTERS)[number], string>>): string {
  const next = new URLSearchParams();
  if (filters.user) next.set('user', filters.user);
  if (filters.broadcast) next.set('broadcast', filters.broadcast);
  if (filters.category) next.set('category', filters.category);
  if (filters.channel && filters.channel !== 'inbox') next.set('channel', filters.channel);
  if (filters.from) next.set('since', filters.from);
  if (filters.to) next.set('until', filters.to);
  if (filters.status === 'failed') next.set('mode', 'failed');
  if (filters.status === 'unknown') next.set('mode', 'unknown');
  const text = next.toString();
  return text === '' ? '/resend' : `/resend?${text}`;
}
