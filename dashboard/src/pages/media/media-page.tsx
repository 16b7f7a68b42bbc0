// Picture sets as a grid.
import { useState } from 'react';
import { Link } from 'wouter';
import { useList } from '../../api/list';
import { useCan } from '../../app/session';
import { useFilters } from '../../app/url';
import { useT, useWord } from '../../i18n/context';
import { Button } from '../../ui/button';
import { FilterText } from '../../ui/filter-text';
import { Select } from '../../ui/form';
import { Empty, Page, Problem, Skeleton } from '../../ui/layout';
import { FilterBar, ListCount } from '../../ui/list';
import { Badge, Ident, Time } from '../../ui/text';
import type { MediaItem } from './model';
import { Picture } from './picture';
import { ReprocessMany } from './reprocess-many';
import './media.css';

const FILTERS = ['entity', 'prefix', 'state', 'recipe'] as const;
const STATES = ['complete', 'storing'];

export default function MediaPage() {
  const t = useT();
  const can = useCan();
  const { filters, set, clear, active } = useFilters(FILTERS);
  const [many, setMany] = useState(false);
  const list = useList<MediaItem>('media', '/media', filters, { limit: 48, countPath: '/media/count' });
  return (
    <Page
      title={t('media.title')}
      lead={t('media.about')}
      actions={can('media.manage') && <Button icon="bulk" onPress={() => setMany(true)}>{t('media.bulk')}</Button>}
    >
      <FilterBar active={active} onClear={clear}>
        <FilterText label={t('media.filter.entity')} ident value={filters.entity} placeholder="product:42"
          onChange={(entity) => set({ entity })} />
        <FilterText label={t('media.filter.prefix')} ident value={filters.prefix} placeholder="product:"
          onChange={(prefix) => set({ prefix })} />
        <FilterText label={t('media.filter.recipe')} ident value={filters.recipe} onChange={(recipe) => set({ recipe })} />
        <Select label={t('media.filter.state')} value={filters.state ?? null} any={t('ui.any')}
          options={STATES.map((id) => ({ id, label: t(`media.state.${id}`) }))} onChange={(state) => set({ state })} />
      </FilterBar>
      <Grid list={list} filtered={active > 0} />
      {many && <ReprocessMany onClose={() => setMany(false)} start={filters} />}
    </Page>
  );
}

function Grid(props: { list: ReturnType<typeof useList<MediaItem>>; filtered: boolean }) {
  const { list } = props;
  const t = useT();
  const word = useWord();
  if (list.loading) return <Skeleton block />;
  if (list.error && list.rows.length === 0) return <Problem error={list.error} retry={list.refresh} />;
  if (list.rows.length === 0) {
    return (
      <Empty icon="image" title={t(props.filtered ? 'media.empty' : 'media.empty.fresh')}>
        {!props.filtered && t('media.empty.fresh.hint')}
      </Empty>
    );
  }
  return (
    <>
      <ul className="media-grid">
        {list.rows.map((set) => (
          <li key={set.id}>
            <Link href={`/media/${set.id}`} className="media-card">
              <Picture set={set} file={set.preview} />
              <span className="media-card-text">
                <Ident className="clip">{set.entities[0]?.entity ?? `#${set.id}`}</Ident>
                <span className="muted small">
                  <Ident>{set.recipe === '' ? '–' : set.recipe}</Ident> · <Time at={set.created_at} />
                </span>
                {set.state !== 'complete' && <Badge tone="info">{word('media.state', set.state)}</Badge>}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <footer className="list-foot">
        <ListCount list={list} />
        {list.more && <Button busy={list.loadingMore} onPress={list.loadMore}>{t('ui.load_more')}</Button>}
      </footer>
    </>
  );
}
