// All texts of one entity, field by field, in both languages.
import { useParams } from 'wouter';
import { useThing } from '../../api/list';
import { useT, useWord } from '../../i18n/context';
import { ButtonLink, TextLink } from '../../ui/button';
import { Empty, Loaded, Notice, Page, Section } from '../../ui/layout';
import { Badge, Ident, Time, UserText } from '../../ui/text';
import type { Entity, EntityText } from './model';
import { Words } from './text-view';
import './translations.css';

const TONE: Record<string, 'info' | 'good' | 'warn' | 'neutral'> = {
  pending: 'info', published: 'good', review: 'warn', stale: 'warn',
};

export default function EntityPage() {
  const { type = '', id = '' } = useParams<{ type: string; id: string }>();
  const t = useT();
  const name = `${type}:${id}`;
  const path = `/translations/entities/${encodeURIComponent(type)}/${encodeURIComponent(id)}`;
  const query = useThing<Entity>('translations', path);
  return (
    <Page
      title={t('entity.title', { entity: name })}
      crumbs={[{ href: '/translations', label: t('translations.title') }]}
      lead={query.data?.attached && <Ident>{query.data.attached.table}</Ident>}
      actions={<ButtonLink href={`/timeline?tag=${encodeURIComponent(name)}`} icon="timeline">{t('entity.timeline')}</ButtonLink>}
    >
      <Loaded query={query}>
        {(entity) => entity.texts.length === 0
          ? <Empty icon="translations" title={t('entity.empty')}>{t('entity.empty.hint')}</Empty>
          : <div className="stack">{entity.texts.map((text) => <Text key={`${text.field}${text.lang}`} text={text} />)}</div>}
      </Loaded>
    </Page>
  );
}

function Text(props: { text: EntityText }) {
  const { text } = props;
  const t = useT();
  const word = useWord();
  const source = text.source_lang ?? (text.lang === 'ar' ? 'en' : 'ar');
  return (
    <Section
      title={<Ident>{text.field}</Ident>}
      actions={
        <>
          <Badge tone={TONE[text.state] ?? 'neutral'}>{word('entity.state', text.state)}</Badge>
          {text.origin && <span className="muted small">{word('review.origin', text.origin)}</span>}
          {text.written_by && <span className="muted small"><UserText>{text.written_by}</UserText></span>}
          <Time at={text.updated_at} />
          {text.review_id !== null && (
            <TextLink href={`/translations?review=${text.review_id}`}>{t('entity.review')}</TextLink>
          )}
        </>
      }
    >
      <div className="review-sides">
        <div className="review-side">
          <h3>{t(`lang.${source}`)}</h3>
          {text.source_text === null ? <p className="muted">–</p> : <Words text={text.source_text} lang={source} />}
        </div>
        <div className="review-side">
          <h3>{t(`lang.${text.lang}`)}</h3>
          {text.text === null ? <p className="muted">{t('review.none.current')}</p> : <Words text={text.text} lang={text.lang} />}
        </div>
      </div>
      {text.write_error && (
        <Notice tone="bad"><UserText>{t('entity.write_error', { error: text.write_error })}</UserText></Notice>
      )}
    </Section>
  );
}
