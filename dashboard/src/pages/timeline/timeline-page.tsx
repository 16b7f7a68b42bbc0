// Everything about one order, product or user, by its tag.
import { useState, type FormEvent } from 'react';
import { useList } from '../../api/list';
import type { TimelineItem } from '../../api/types';
import { useFilters } from '../../app/url';
import { useFormat, useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/form';
import { Empty, Page, Problem, Section, Skeleton } from '../../ui/layout';
import { Ident } from '../../ui/text';
import { Event } from './event';

const NAMES = ['tag'] as const;
const TOPICS = ['jobs', 'notifications', 'media', 'translations', 'audit'] as const;

export default function TimelinePage() {
  const t = useT();
  const { filters, set } = useFilters(NAMES);
  const tag = filters.tag ?? '';
  return (
    <Page
      title={tag === '' ? t('nav.timeline') : `${t('nav.timeline')} ${tag}`}
      heading={tag === '' ? t('nav.timeline') : <span className="line">{t('nav.timeline')} <Ident className="muted">{tag}</Ident></span>}
      lead={t('timeline.lead')}
    >
      <TagForm key={tag} tag={tag} onTag={(next) => set({ tag: next })} />
      {tag === ''
        ? <Section><Empty icon="timeline" title={t('timeline.which')}>{t('timeline.which_text')}</Empty></Section>
        : <Events tag={tag} />}
    </Page>
  );
}

function TagForm(props: { tag: string; onTag: (tag: string) => void }) {
  const t = useT();
  const [text, setText] = useState(props.tag);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '') props.onTag(text.trim());
  };
  return (
    <form className="tag-form" role="search" onSubmit={submit}>
      <TextField label={t('jobs.tag')} value={text} onChange={setText} dir="ltr" type="search"
        placeholder={t('timeline.placeholder')} />
      <Button type="submit" variant="primary" icon="search">{t('timeline.show')}</Button>
    </form>
  );
}

function byDay(items: readonly TimelineItem[], dayOf: (at: string) => string): [string, TimelineItem[]][] {
  const days: [string, TimelineItem[]][] = [];
  for (const item of items) {
    const day = dayOf(item.at);
    const last = days[days.length - 1];
    if (last && last[0] === day) last[1].push(item);
    else days.push([day, [item]]);
  }
  return days;
}

function Events(props: { tag: string }) {
  const t = useT();
  const format = useFormat();
  const list = useList<TimelineItem>('timeline', '/timeline', { tag: props.tag }, { topics: TOPICS });
  if (list.loading) return <Skeleton lines={8} />;
  if (list.error && list.rows.length === 0) return <Problem error={list.error} retry={list.refresh} />;
  if (list.rows.length === 0) {
    return <Section><Empty icon="search" title={t('timeline.empty')}>{t('timeline.empty_text')}</Empty></Section>;
  }
  return (
    <Section>
      {list.stale && (
        <div className="list-stale" role="status">
          <span>{t('ui.list_changed')}</span>
          <Button small icon="retry" onPress={list.refresh}>{t('ui.refresh')}</Button>
        </div>
      )}
      {byDay(list.rows, format.date).map(([day, items]) => (
        <div key={`${day}${items[0]?.at ?? ''}`}>
          <h2 className="day">{day}</h2>
          <ol className="steps">
            {items.map((item, index) => <Event key={`${item.type}${item.id}${item.at}${index}`} item={item} />)}
          </ol>
        </div>
      ))}
      {list.more && <div className="timeline-more"><Button busy={list.loadingMore} onPress={list.loadMore}>{t('ui.load_more')}</Button></div>}
    </Section>
  );
}
