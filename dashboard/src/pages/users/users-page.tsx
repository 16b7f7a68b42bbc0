import { useMemo } from 'react';
import { useList } from '../../api/list';
import { useFilters } from '../../app/url';
import { useT, type Translate } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import { FilterText } from '../../ui/filter-text';
import { Empty, Page, Section } from '../../ui/layout';
import { FilterBar, ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Ident, Num } from '../../ui/text';
import type { UserItem } from './model';

const columns = (t: Translate): Column<UserItem>[] => [
  {
    id: 'user', header: t('user.title'), show: 'main',
    cell: (one) => <TextLink href={`/users/${encodeURIComponent(one.user_id)}`}><Ident>{one.user_id}</Ident></TextLink>,
  },
  { id: 'locale', header: t('user.locale'), cell: (one) => one.locale && <Ident>{one.locale}</Ident> },
  { id: 'tz', header: t('user.tz'), cell: (one) => one.tz && <Ident>{one.tz}</Ident> },
  { id: 'devices', header: t('user.devices'), cell: (one) => <Num value={one.devices ?? null} />, numeric: true },
];

export default function UsersPage() {
  const t = useT();
  const { filters, set, clear, active } = useFilters(['search'] as const);
  const list = useList<UserItem>('users', '/users', filters, { enabled: active > 0 });
  const shown = useMemo(() => columns(t), [t]);
  return (
    <Page title={t('users.title')} lead={t('users.about')}>
      <FilterBar active={active} onClear={clear}>
        <FilterText label={t('users.search')} ident value={filters.search} onChange={(search) => set({ search })} />
      </FilterBar>
      <Section flush>
        {active === 0
          ? <Empty icon="users" title={t('users.start')}>{t('users.start.hint')}</Empty>
          : (
            <ListView caption={t('users.title')} list={list} columns={shown} rowKey={(one) => one.user_id}
              rowHref={(one) => `/users/${encodeURIComponent(one.user_id)}`}
              empty={{ icon: 'users', title: t('users.empty'), text: t('users.empty.hint') }} />
          )}
      </Section>
    </Page>
  );
}
