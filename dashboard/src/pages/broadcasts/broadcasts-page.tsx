import { useMemo } from 'react';
import { useList } from '../../api/list';
import { useCan } from '../../app/session';
import { useLanguage, useT, useWord, type Translate } from '../../i18n/context';
import { ButtonLink, TextLink } from '../../ui/button';
import { Page, Progress, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Badge, Ident, Time, UserText } from '../../ui/text';
import { STATE_TONE, titleFor, type BroadcastItem } from './model';
import '../translations/translations.css';

const columns = (t: Translate, word: (prefix: string, id: string) => string, language: string): Column<BroadcastItem>[] => [
  {
    id: 'what', header: t('broadcasts.column.what'), show: 'main',
    cell: (one) => {
      const title = titleFor(one.titles, language);
      return (
        <span className="two-lines">
          <TextLink href={`/broadcasts/${one.id}`} className="clip">
            {title ? <UserText>{title}</UserText> : <Ident>{one.template ?? one.id}</Ident>}
          </TextLink>
          <Ident className="muted small">{one.category}</Ident>
        </span>
      );
    },
  },
  {
    id: 'state', header: t('broadcasts.column.state'),
    cell: (one) => <Badge tone={STATE_TONE[one.state] ?? 'neutral'}>{word('broadcast.state', one.state)}</Badge>,
  },
  {
    id: 'progress', header: t('broadcasts.column.progress'), width: '26%',
    cell: (one) => one.users !== null && one.state !== 'draft' && (
      <span className="progress-cell">
        <Progress value={one.materialised} max={Math.max(1, one.users)} label={t('broadcast.progress')} />
        <span className="muted small">
          {t('broadcast.progress.of', { done: one.materialised, all: one.users })}
        </span>
      </span>
    ),
  },
  { id: 'who', header: t('broadcasts.column.who'), cell: (one) => <Ident>{one.created_by}</Ident>, show: 'wide' },
  { id: 'when', header: t('broadcasts.column.when'), cell: (one) => <Time at={one.started_at ?? one.created_at} /> },
];

export default function BroadcastsPage() {
  const t = useT();
  const word = useWord();
  const language = useLanguage();
  const can = useCan();
  const list = useList<BroadcastItem>('broadcasts', '/broadcasts', {});
  const shown = useMemo(() => columns(t, word, language), [t, word, language]);
  const make = can('broadcasts.send') && (
    <ButtonLink href="/broadcasts/new" icon="plus" variant="primary">{t('broadcasts.new')}</ButtonLink>
  );
  return (
    <Page title={t('broadcasts.title')} lead={t('broadcasts.about')} actions={make}>
      <Section flush>
        <ListView caption={t('broadcasts.title')} list={list} columns={shown} rowKey={(one) => one.id}
          rowHref={(one) => `/broadcasts/${one.id}`}
          empty={{ icon: 'broadcasts', title: t('broadcasts.empty'), text: t('broadcasts.empty.hint') }} />
      </Section>
    </Page>
  );
}
