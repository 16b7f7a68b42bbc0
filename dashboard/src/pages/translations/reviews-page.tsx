// The queue of what waits for a person: a list, and one review beside it.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { api } from '../../api/client';
import { useList } from '../../api/list';
import { useFilters } from '../../app/url';
import { useCan } from '../../app/session';
import { useT, useWord } from '../../i18n/context';
import { Button } from '../../ui/button';
import { FilterText } from '../../ui/filter-text';
import { Select } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { Empty, Page, Problem, Skeleton } from '../../ui/layout';
import { FilterBar, ListCount } from '../../ui/list';
import { Ident, Time } from '../../ui/text';
import { useToast } from '../../ui/toast';
import { AcceptMany } from './accept-many';
import { useHeld, type Held } from './held';
import type { Review, ReviewItem } from './model';
import { ReviewPanel } from './review-panel';
import { dirOf } from './text-view';
import { WorkTabs } from './work-tabs';
import './translations.css';

const FILTERS = ['state', 'lang', 'entity_type', 'entity_id', 'reason'] as const;
const STATES = ['approved', 'rejected', 'superseded', 'all'];
export const GATES = [
  'placeholders', 'numbers', 'length', 'glossary', 'forbidden', 'human_text_stale', 'untranslated',
  'unchanged', 'wrong_script', 'tags', 'markup', 'brackets', 'invented_symbols', 'repetition', 'garbled',
  'known_bad', 'no_provider', 'refused', 'too_large', 'unreadable', 'write_back',
];

export default function ReviewsPage() {
  const t = useT();
  const can = useCan();
  const { filters, set, clear, active } = useFilters(FILTERS);
  const place = useFilters(['review'] as const);
  const list = useList<ReviewItem>('translations', '/translations/reviews', filters, {
    limit: 50, countPath: '/translations/reviews/count',
  });
  const [many, setMany] = useState(false);
  return (
    <Page
      title={t('translations.title')}
      lead={t('translations.about')}
      actions={can('translations.review') && (
        <Button icon="bulk" onPress={() => setMany(true)}>{t('review.many')}</Button>
      )}
    >
      <WorkTabs now="reviews" />
      <FilterBar active={active} onClear={clear}>
        <Select label={t('review.filter.state')} value={filters.state ?? null} any={t('review.state.open')}
          options={STATES.map((id) => ({ id, label: t(`review.state.${id}`) }))}
          onChange={(state) => set({ state })} />
        <Select label={t('review.filter.lang')} value={filters.lang ?? null} any={t('ui.any')}
          options={['ar', 'en'].map((id) => ({ id, label: t(`lang.${id}`) }))}
          onChange={(lang) => set({ lang })} />
        <Select label={t('review.filter.reason')} value={filters.reason ?? null} any={t('ui.any')}
          options={GATES.map((id) => ({ id, label: t(`gate.name.${id}`) }))}
          onChange={(reason) => set({ reason })} />
        <FilterText label={t('review.filter.type')} ident value={filters.entity_type}
          onChange={(entity_type) => set({ entity_type })} />
      </FilterBar>
      <Queue
        key={JSON.stringify(filters)}
        list={list}
        filtered={active > 0}
        chosen={place.filters.review ?? null}
        choose={(review) => place.set({ review })}
      />
      {many && <AcceptMany onClose={() => setMany(false)} start={filters} />}
    </Page>
  );
}

interface QueueProps {
  list: ReturnType<typeof useList<ReviewItem>>;
  filtered: boolean;
  chosen: string | null;
  choose: (id: string | null) => void;
}

function Queue(props: QueueProps) {
  const { list, chosen, choose } = props;
  const t = useT();
  const toast = useToast();
  const client = useQueryClient();
  const [done, setDone] = useState<ReadonlySet<number>>(new Set());
  const send = async (held: Held) => {
    try {
      const body = held.text === undefined ? { version: held.version } : { version: held.version, text: held.text };
      await api.post<Review>(`/translations/reviews/${held.id}/accept`, body);
      toast.show({ text: t('review.accepted') });
    } catch (error) {
      toast.error(error);
      setDone((now) => new Set([...now].filter((id) => id !== held.id)));
    } finally {
      void client.invalidateQueries({ queryKey: ['translations'] });
    }
  };
  const { held, hold, undo, flush } = useHeld((one) => void send(one));
  const rows = useMemo(
    () => list.rows.filter((row) => !done.has(row.id) && row.id !== held?.id),
    [list.rows, done, held],
  );
  const at = rows.findIndex((row) => String(row.id) === chosen);
  // What follows the decided one in the list takes its place.
  const next = (from: number) => rows[from + 1] ?? rows[from - 1] ?? null;
  const go = (step: 1 | -1) => {
    const to = at < 0 ? rows[0] : rows[at + step];
    if (to) choose(String(to.id));
    if (step === 1 && list.more && at > rows.length - 5 && !list.loadingMore) list.loadMore();
  };
  const accept = (one: Held) => {
    const after = next(rows.findIndex((row) => row.id === one.id));
    setDone((now) => (held ? new Set([...now, held.id]) : now));
    hold(one);
    choose(after ? String(after.id) : null);
  };
  const takeBack = () => {
    const was = undo();
    if (!was) return false;
    choose(String(was.id));
    toast.show({ text: t('review.undone') });
    return true;
  };
  const rejected = (id: number) => {
    const after = next(rows.findIndex((row) => row.id === id));
    setDone((now) => new Set([...now, id]));
    choose(after ? String(after.id) : null);
  };

  if (list.loading) return <Skeleton lines={8} />;
  if (list.error && list.rows.length === 0) return <Problem error={list.error} retry={list.refresh} />;
  return (
    <>
      {held && <HeldNote key={held.id} onUndo={takeBack} onNow={flush} />}
      {rows.length === 0 && chosen === null ? (
        <Empty icon="checkCircle" title={t(props.filtered ? 'review.empty.filtered' : 'review.empty')}>
          {!props.filtered && t('review.empty.hint')}
        </Empty>
      ) : (
        <div className={chosen === null ? 'reviews' : 'reviews reviews-chosen'}>
          <div className="reviews-list">
            <ReviewList rows={rows} chosen={chosen} choose={choose} />
            <div className="reviews-foot">
              <ListCount list={list} />
              {list.more && <Button small busy={list.loadingMore} onPress={list.loadMore}>{t('ui.load_more')}</Button>}
            </div>
          </div>
          <div className="reviews-panel">
            {chosen === null
              ? <Empty icon="translations" title={t('review.choose')} />
              : (
                <ReviewPanel
                  key={chosen}
                  id={chosen}
                  go={go}
                  hasNext={at < 0 || at + 1 < rows.length}
                  hasPrevious={at > 0}
                  close={() => choose(null)}
                  accept={accept}
                  undo={takeBack}
                  rejected={rejected}
                />
              )}
          </div>
        </div>
      )}
    </>
  );
}

function HeldNote(props: { onUndo: () => void; onNow: () => void }) {
  const t = useT();
  return (
    <div className="held" role="status">
      <Icon name="checkCircle" size={18} />
      <span className="held-text">{t('review.held')}</span>
      <Button small icon="undo" onPress={props.onUndo}>{t('review.undo')}</Button>
      <Button small variant="quiet" onPress={props.onNow}>{t('review.publish_now')}</Button>
      <span className="held-time" aria-hidden="true" />
    </div>
  );
}

function ReviewList(props: { rows: readonly ReviewItem[]; chosen: string | null; choose: (id: string) => void }) {
  const t = useT();
  const word = useWord();
  const now = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // In braces: newer browsers answer with a promise, which is no clean-up.
    now.current?.scrollIntoView({ block: 'nearest' });
  }, [props.chosen]);
  return (
    <ul aria-label={t('review.list')}>
      {props.rows.map((row) => {
        const is = String(row.id) === props.chosen;
        return (
          <li key={row.id}>
            <button
              ref={is ? now : undefined}
              type="button"
              className={is ? 'review-row review-row-now' : 'review-row'}
              aria-current={is ? 'true' : undefined}
              onClick={() => props.choose(String(row.id))}
            >
              <span className="review-row-text" lang={row.source_lang} dir={dirOf(row.source_lang)}>{row.source_text}</span>
              <span className="review-row-foot">
                <span>{word('gate.name', row.reason)}</span>
                <Ident>{`${row.entity_type}:${row.entity_id} · ${row.field}`}</Ident>
                <Time at={row.created_at} />
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
