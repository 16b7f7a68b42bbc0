// A list page's body: rows, count, more, and what is shown instead while there are none.
import { useCallback, useId, useMemo, useRef, useState, type ReactNode } from 'react';
import type { List } from '../api/list';
import { useFormat, useT } from '../i18n/context';
import { Button } from './button';
import type { IconName } from './icon';
import { Empty, Problem, Skeleton } from './layout';
import { Table, type Column, type Selection } from './table';

export function ListView<Row>(props: {
  caption: string;
  list: List<Row>;
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  rowHref?: (row: Row) => string;
  rowLabel?: (row: Row) => string;
  selection?: Selection | undefined;
  empty: { icon?: IconName; title: string; text?: string; action?: ReactNode };
}) {
  const t = useT();
  const { list } = props;
  if (list.loading) return <Skeleton lines={8} />;
  if (list.error && list.rows.length === 0) return <Problem error={list.error} retry={list.refresh} />;
  if (list.rows.length === 0) {
    return (
      <Empty
        icon={props.empty.icon ?? 'inbox'}
        title={props.empty.title}
        action={list.more
          ? <Button busy={list.loadingMore} onPress={list.loadMore}>{t('ui.load_more')}</Button>
          : props.empty.action}
      >
        {props.empty.text}
      </Empty>
    );
  }
  return (
    <div className={list.refreshing ? 'list list-refreshing' : 'list'}>
      {list.stale && (
        <div className="list-stale" role="status">
          <span>{t('ui.list_changed')}</span>
          <Button small icon="retry" onPress={list.refresh}>{t('ui.refresh')}</Button>
        </div>
      )}
      <Table
        caption={props.caption}
        columns={props.columns}
        rows={list.rows}
        rowKey={props.rowKey}
        selection={props.selection}
        {...(props.rowHref ? { rowHref: props.rowHref } : {})}
        {...(props.rowLabel ? { rowLabel: props.rowLabel } : {})}
      />
      <footer className="list-foot">
        <ListCount list={list} />
        {list.error && <Problem compact error={list.error} />}
        {list.more && <Button busy={list.loadingMore} onPress={list.loadMore}>{t('ui.load_more')}</Button>}
      </footer>
    </div>
  );
}

/** "100 of 10,000+", once the count is there. */
export function ListCount<Row>(props: { list: List<Row> }) {
  const t = useT();
  const format = useFormat();
  const { rows, count } = props.list;
  if (!count) return <span className="muted">{t('ui.rows', { count: rows.length })}</span>;
  return (
    <span className="muted" aria-live="polite">
      {t('ui.rows_of', { shown: format.number(rows.length), total: format.count(count) })}
    </span>
  );
}

/** Chosen rows of a list, by key; shift chooses what lies between. */
export function useSelection(): Selection & { clear: () => void } {
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string | null>(null);
  const toggle = useCallback((key: string, range: readonly string[]) => {
    const from = last.current === null ? -1 : range.indexOf(last.current);
    const to = range.indexOf(key);
    last.current = key;
    setKeys((now) => {
      const next = new Set(now);
      const add = !now.has(key);
      const span = from >= 0 && to >= 0 ? range.slice(Math.min(from, to), Math.max(from, to) + 1) : [key];
      for (const each of span) {
        if (add) next.add(each);
        else next.delete(each);
      }
      return next;
    });
  }, []);
  const toggleAll = useCallback((all: readonly string[]) => {
    setKeys((now) => (all.every((key) => now.has(key)) ? new Set() : new Set(all)));
  }, []);
  const clear = useCallback(() => setKeys(new Set()), []);
  return useMemo(() => ({ keys, toggle, toggleAll, clear }), [keys, toggle, toggleAll, clear]);
}

/** Fields above a list; `onClear` shows when a filter is set. */
export function FilterBar(props: { children: ReactNode; active: number; onClear: () => void }) {
  const t = useT();
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <div className={open ? 'filters filters-open' : 'filters'} role="search" aria-label={t('ui.filters')}>
      <span className="filters-toggle">
        <Button icon="filter" aria-expanded={open} aria-controls={id} onPress={() => setOpen(!open)}>
          {t('ui.filters_set', { count: props.active })}
        </Button>
      </span>
      <div className="filters-fields" id={id}>{props.children}</div>
      {props.active > 0 && (
        <Button small variant="quiet" icon="close" onPress={props.onClear}>
          {t('ui.clear_filters', { count: props.active })}
        </Button>
      )}
    </div>
  );
}
