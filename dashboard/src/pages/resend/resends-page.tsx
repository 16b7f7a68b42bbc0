import { useMemo } from 'react';
import { useList } from '../../api/list';
import { useCan } from '../../app/session';
import { useT, type Translate } from '../../i18n/context';
import { ButtonLink, TextLink } from '../../ui/button';
import { Page, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Ident, Time, UserText } from '../../ui/text';
import { OutcomeCounts } from '../notifications/outcomes';
import type { Resend } from './model';
import { StateOf } from './resend-page';
import './resend.css';

const columns = (t: Translate): Column<Resend>[] => [
  {
    id: 'what', header: t('resends.column.what'), show: 'main',
    cell: (resend) => (
      <span className="two-lines">
        <TextLink href={`/resends/${resend.id}`}>
          {t(`resend.mode.${resend.mode}`)} <Ident className="muted">{`#${resend.id}`}</Ident>
        </TextLink>
        <span className="muted small">{t('resend.check.deliveries', { n: resend.deliveries })}</span>
      </span>
    ),
  },
  {
    id: 'who', header: t('resends.column.who'),
    cell: (resend) => (
      <span className="two-lines">
        <span className="clip"><UserText>{resend.reason}</UserText></span>
        <Ident className="muted small">{resend.actor}</Ident>
      </span>
    ),
  },
  {
    id: 'progress', header: t('resends.column.progress'),
    cell: (resend) => (
      <span className="two-lines">
        <StateOf resend={resend} />
        {resend.progress && (
          <OutcomeCounts outcomes={{
            accepted: resend.progress.accepted, failed: resend.progress.failed,
            unknown: resend.progress.unknown, suppressed: resend.progress.skipped,
            deferred: resend.progress.deferred, pending: resend.progress.waiting,
          }} />
        )}
      </span>
    ),
  },
  { id: 'when', header: t('resends.column.when'), cell: (resend) => <Time at={resend.created_at} /> },
];

export default function ResendsPage() {
  const t = useT();
  const can = useCan();
  const list = useList<Resend>('resends', '/resends', {}, { topics: ['notifications', 'deliveries'] });
  const shown = useMemo(() => columns(t), [t]);
  return (
    <Page title={t('resends.title')} lead={t('resends.about')}
      actions={can('notifications.resend') && <ButtonLink href="/resend" icon="send" variant="primary">{t('notifications.resend')}</ButtonLink>}>
      <Section flush>
        <ListView caption={t('resends.title')} list={list} columns={shown} rowKey={(resend) => String(resend.id)}
          rowHref={(resend) => `/resends/${resend.id}`}
          empty={{ icon: 'send', title: t('resends.empty'), text: t('resends.empty.hint') }} />
      </Section>
    </Page>
  );
}
