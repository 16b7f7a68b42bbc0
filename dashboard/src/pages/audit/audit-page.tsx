import { useMemo, useState } from 'react';
import { api, type Params } from '../../api/client';
import { useList } from '../../api/list';
import type { AuditLine, Json } from '../../api/types';
import { useFilters } from '../../app/url';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { FilterText } from '../../ui/filter-text';
import { Icon } from '../../ui/icon';
import { Empty, Facts, Page, Problem, Section, Skeleton } from '../../ui/layout';
import { FilterBar, ListCount } from '../../ui/list';
import { Ident, Time, UserText } from '../../ui/text';
import { useToast } from '../../ui/toast';
import { startOfDay } from '../jobs/filters';
import { differences } from './diff';

const NAMES = ['actor', 'action', 'target_kind', 'target', 'from', 'to'] as const;

export default function AuditPage() {
  const t = useT();
  const { filters, set, clear, active } = useFilters(NAMES);
  const params = useMemo<Params>(() => {
    const { from, to, ...rest } = filters;
    return { ...rest, from: from && startOfDay(from), to: to && startOfDay(to, 1) };
  }, [filters]);
  const list = useList<AuditLine>('audit', '/audit', params);
  return (
    <Page title={t('nav.audit')} lead={t('audit.lead')} actions={<Export params={params} />}>
      <FilterBar active={active} onClear={clear}>
        <FilterText label={t('audit.actor')} ident value={filters.actor} onChange={(actor) => set({ actor })} />
        <FilterText label={t('audit.action')} ident value={filters.action} onChange={(action) => set({ action })} />
        <FilterText label={t('audit.target_kind')} ident value={filters.target_kind} onChange={(kind) => set({ target_kind: kind })} />
        <FilterText label={t('audit.target')} ident value={filters.target} onChange={(target) => set({ target })} />
        <FilterText label={t('jobs.from')} type="date" ident value={filters.from} onChange={(from) => set({ from })} />
        <FilterText label={t('jobs.to')} type="date" ident value={filters.to} onChange={(to) => set({ to })} />
      </FilterBar>
      <Section flush>
        {list.loading && <Skeleton lines={8} />}
        {list.error && list.rows.length === 0 && <Problem error={list.error} retry={list.refresh} />}
        {!list.loading && !list.error && list.rows.length === 0 && (
          <Empty icon="audit" title={t('audit.empty')}>{t('audit.empty_text')}</Empty>
        )}
        {list.stale && (
          <div className="list-stale" role="status">
            <span>{t('ui.list_changed')}</span>
            <Button small icon="retry" onPress={list.refresh}>{t('ui.refresh')}</Button>
          </div>
        )}
        {list.rows.map((line) => <Line key={line.id} line={line} />)}
        {list.rows.length > 0 && (
          <footer className="list-foot">
            <ListCount list={list} />
            {list.more && <Button busy={list.loadingMore} onPress={list.loadMore}>{t('ui.load_more')}</Button>}
          </footer>
        )}
      </Section>
    </Page>
  );
}

function Line(props: { line: AuditLine }) {
  const t = useT();
  const { line } = props;
  const [open, setOpen] = useState(false);
  return (
    <details className="audit-line" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="chevronEnd" size={16} />
        <b><Ident>{line.action}</Ident></b>
        <span className="grow">
          <span className="muted">{line.target_kind}</span> <Ident>{line.target}</Ident>
        </span>
        <UserText>{line.actor_name}</UserText>
        <Time at={line.at} />
      </summary>
      {open && (
        <div className="audit-more stack">
          <Facts facts={[
            { label: t('audit.at'), value: <Time at={line.at} absolute /> },
            { label: t('audit.actor'), value: <Ident>{line.actor}</Ident> },
            { label: t('audit.client'), value: line.client && <Ident>{line.client}</Ident> },
            { label: t('ui.request_id'), value: line.request_id && <Ident>{line.request_id}</Ident> },
            line.reason ? { label: t('ui.reason'), value: <UserText>{line.reason}</UserText>, wide: true } : null,
          ]} />
          <Diff before={line.before} after={line.after} />
        </div>
      )}
    </details>
  );
}

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function Diff(props: { before: Json; after: Json }) {
  const t = useT();
  const all = differences(props.before, props.after);
  if (all.length === 0) return <p className="muted">{t('audit.no_change')}</p>;
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={t('audit.changes')}>
      <table className="diff">
        <thead>
          <tr>
            <th scope="col">{t('audit.member')}</th>
            <th scope="col">{t('audit.before')}</th>
            <th scope="col">{t('audit.after')}</th>
          </tr>
        </thead>
        <tbody>
          {all.map((each) => (
            <tr key={each.path}>
              <th scope="row"><Ident>{each.path}</Ident></th>
              <td>{shown(each.before) !== '' && <del dir="auto">{shown(each.before)}</del>}</td>
              <td>{shown(each.after) !== '' && <ins dir="auto">{shown(each.after)}</ins>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Through the client rather than a link: a bearer token goes into a header. */
function Export(props: { params: Params }) {
  const t = useT();
  const toast = useToast();
  const [busy, setBusy] = useState<string | null>(null);
  const save = async (format: 'csv' | 'ndjson') => {
    setBusy(format);
    try {
      const response = await api.raw('/audit/export', { ...props.params, format });
      const url = URL.createObjectURL(await response.blob());
      const link = document.createElement('a');
      link.href = url;
      link.download = `barid-audit.${format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      toast.error(error);
    } finally {
      setBusy(null);
    }
  };
  return (
    <>
      {(['csv', 'ndjson'] as const).map((format) => (
        <Button key={format} icon="download" busy={busy === format} onPress={() => void save(format)}>
          {t('audit.export', { format: format.toUpperCase() })}
        </Button>
      ))}
    </>
  );
}
