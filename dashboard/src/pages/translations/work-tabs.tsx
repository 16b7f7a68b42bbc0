import { useT } from '../../i18n/context';
import { TextLink } from '../../ui/button';

const TABS = [
  { id: 'reviews', href: '/translations' },
  { id: 'backfills', href: '/translations/work/backfills' },
  { id: 'providers', href: '/translations/work/providers' },
  { id: 'cost', href: '/translations/work/cost' },
] as const;

export type Tab = (typeof TABS)[number]['id'];

/** Pages of their own, so each has an address; they only look like tabs. */
export function WorkTabs(props: { now: Tab }) {
  const t = useT();
  return (
    <nav className="tabs" aria-label={t('translations.title')}>
      {TABS.map((tab) => (
        <span key={tab.id} {...(tab.id === props.now ? { 'aria-current': 'page' as const, className: 'tab tab-now' } : { className: 'tab' })}>
          <TextLink href={tab.href}>{t(`translations.tab.${tab.id}`)}</TextLink>
        </span>
      ))}
    </nav>
  );
}
