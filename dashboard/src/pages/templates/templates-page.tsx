import { useMemo } from 'react';
import { useList } from '../../api/list';
import { useCan } from '../../app/session';
import { useT, type Translate } from '../../i18n/context';
import { ButtonLink, TextLink } from '../../ui/button';
import { Page, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Ident, Num, Tag, Time } from '../../ui/text';
import type { TemplateItem } from './model';

const columns = (t: Translate): Column<TemplateItem>[] => [
  {
    id: 'key', header: t('templates.column.key'), show: 'main',
    cell: (one) => <TextLink href={`/templates/${encodeURIComponent(one.key)}`}><Ident>{one.key}</Ident></TextLink>,
  },
  {
    id: 'languages', header: t('templates.column.languages'),
    cell: (one) => one.locales.map((locale) => <Tag key={locale}>{locale}</Tag>),
  },
  { id: 'version', header: t('templates.column.version'), cell: (one) => <Num value={one.version} />, numeric: true },
  { id: 'changed', header: t('templates.column.changed'), cell: (one) => <Time at={one.created_at} /> },
];

export default function TemplatesPage() {
  const t = useT();
  const can = useCan();
  const list = useList<TemplateItem>('templates', '/templates', {});
  const shown = useMemo(() => columns(t), [t]);
  return (
    <Page title={t('templates.title')} lead={t('templates.about')}
      actions={can('templates.edit') && <ButtonLink href="/templates/new" icon="plus" variant="primary">{t('templates.new')}</ButtonLink>}>
      <Section flush>
        <ListView caption={t('templates.title')} list={list} columns={shown} rowKey={(one) => one.key}
          rowHref={(one) => `/templates/${encodeURIComponent(one.key)}`}
          empty={{ icon: 'templates', title: t('templates.empty'), text: t('templates.empty.hint') }} />
      </Section>
    </Page>
  );
}
