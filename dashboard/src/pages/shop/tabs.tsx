import { useT } from '../../i18n/context';
import { TextLink } from '../../ui/button';
import '../translations/translations.css';

const TABS = [
  { id: 'streams', href: '/shop' },
  { id: 'projections', href: '/shop/projections' },
  { id: 'payments', href: '/shop/payments' },
] as const;

/** Pages of their own, so each has an address; they only look like tabs. */
export function ShopTabs(props: { now: (typeof TABS)[number]['id'] }) {
  const t = useT();
  return (
    <nav className="tabs" aria-label={t('nav.shop')}>
      {TABS.map((tab) => (
        <span key={tab.id} {...(tab.id === props.now ? { 'aria-current': 'page' as const, className: 'tab tab-now' } : { className: 'tab' })}>
          <TextLink href={tab.href}>{t(`shop.tab.${tab.id}`)}</TextLink>
        </span>
      ))}
    </nav>
  );
}
