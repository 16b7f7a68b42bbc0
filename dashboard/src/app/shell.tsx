// What is around every page: navigation, search, language, theme, who is signed in, how live it is.
import { useEffect, useRef, useState } from 'react';
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { Link, useLocation } from 'wouter';
import { useT } from '../i18n/context';
import { Button, IconButton } from '../ui/button';
import { Icon, type IconName } from '../ui/icon';
import { headingsTakeFocus } from '../ui/layout';
import { Ident } from '../ui/text';
import { ErrorBoundary } from './error-boundary';
import { useLiveState } from './live-context';
import { NAV_GROUPS } from './pages';
import { setLanguage, setTheme, usePreferences, type ThemeChoice } from './preferences';
import { allowed, pages, Routes } from './routes';
import { SearchBox } from './search-box';
import { useCan, useMe, useSignOut } from './session';
import { useOnline } from './online';

export function Shell() {
  const t = useT();
  const [path] = useLocation();
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    setOpen(false);
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    headingsTakeFocus();
    // Page takes the focus from the body when its heading is there.
    (document.activeElement as HTMLElement | null)?.blur();
    main.current?.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  }, [path]);
  useEffect(() => {
    if (!open) return;
    const escape = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false);
    document.addEventListener('keydown', escape);
    return () => document.removeEventListener('keydown', escape);
  }, [open]);

  return (
    <div className={open ? 'shell shell-open' : 'shell'}>
      <a
        href="#main"
        className="skip"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t('app.skip')}
      </a>
      <aside className="side" id="side">
        <div className="brand">
          <Link href="/" className="brand-link"><BrandMark /><span>{t('app.name')}</span></Link>
          <span className="side-close">
            <IconButton icon="close" label={t('app.close_menu')} onPress={() => setOpen(false)} />
          </span>
        </div>
        <Navigation path={path} />
        <SideFoot />
      </aside>
      <div className="veil" onClick={() => setOpen(false)} />
      <div className="content">
        <header className="top">
          <span className="top-menu">
            <IconButton
              icon="menu"
              label={t('app.open_menu')}
              aria-expanded={open}
              aria-controls="side"
              onPress={() => setOpen(true)}
            />
          </span>
          <SearchBox />
          <LiveMark />
          <div className="top-preferences"><Preferences /></div>
          <Account />
        </header>
        <OfflineBanner />
        <main id="main" ref={main} tabIndex={-1}>
          <ErrorBoundary resetKey={path}><Routes /></ErrorBoundary>
        </main>
      </div>
    </div>
  );
}

export function BrandMark() {
  return (
    <svg className="brand-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M7 11.500 16 18l9-6.500M7 10h18v12H7z" />
    </svg>
  );
}

function Navigation(props: { path: string }) {
  const t = useT();
  const can = useCan();
  return (
    <nav aria-label={t('app.navigation')} className="nav">
      {NAV_GROUPS.map((group) => {
        const shown = pages.filter((page) => page.nav?.group === group && allowed(page, can));
        if (shown.length === 0) return null;
        return (
          <div key={group} className="nav-group" role="group" aria-label={t(`nav.group.${group}`)}>
            {group !== 'top' && <p className="nav-title" aria-hidden="true">{t(`nav.group.${group}`)}</p>}
            {shown.map((page) => page.nav && (
              <NavLink
                key={page.path}
                href={page.path}
                icon={page.nav.icon}
                label={t(page.nav.label)}
                current={page.path === '/' ? props.path === '/'
                  : props.path === page.path || props.path.startsWith(`${page.path}/`)}
              />
            ))}
          </div>
        );
      })}
    </nav>
  );
}

function NavLink(props: { href: string; icon: IconName; label: string; current: boolean }) {
  return (
    <Link
      href={props.href}
      className={props.current ? 'nav-link nav-current' : 'nav-link'}
      {...(props.current ? { 'aria-current': 'page' as const } : {})}
    >
      <Icon name={props.icon} />
      <span>{props.label}</span>
    </Link>
  );
}

function SideFoot() {
  const t = useT();
  return (
    <div className="side-foot">
      <div className="side-preferences"><Preferences /></div>
      <p>{t('app.tagline')}</p>
    </div>
  );
}

function LiveMark() {
  const t = useT();
  const state = useLiveState();
  return (
    <span className={`live live-${state}`} title={t(`app.live_text.${state}`)} role="status">
      <span className="live-dot" aria-hidden="true" />
      <span className="live-word">{t(`app.live.${state}`)}</span>
    </span>
  );
}

const THEMES: readonly { id: ThemeChoice; icon: IconName }[] = [
  { id: 'light', icon: 'sun' },
  { id: 'dark', icon: 'moon' },
  { id: 'auto', icon: 'auto' },
];

export function Preferences() {
  const t = useT();
  const { language, theme, dark } = usePreferences();
  const other = language === 'en' ? 'ar' : 'en';
  return (
    <div className="preferences">
      <AriaButton className="button button-quiet language" onPress={() => setLanguage(other)}>
        <span lang={other} dir={other === 'ar' ? 'rtl' : 'ltr'}>{t('app.other_language')}</span>
      </AriaButton>
      <MenuTrigger>
        <IconButton icon={dark ? 'moon' : 'sun'} label={t('app.theme')} />
        <Popover className="popover" placement="bottom end">
          <Menu
            className="listbox"
            aria-label={t('app.theme')}
            selectionMode="single"
            selectedKeys={[theme]}
            onAction={(key) => setTheme(key as ThemeChoice)}
          >
            {THEMES.map((each) => (
              <MenuItem key={each.id} id={each.id} className="listbox-item" textValue={t(`app.theme.${each.id}`)}>
                <Icon name={each.icon} size={18} /> {t(`app.theme.${each.id}`)}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
    </div>
  );
}

function Account() {
  const t = useT();
  const me = useMe();
  const signOut = useSignOut();
  const [, navigate] = useLocation();
  return (
    <MenuTrigger>
      <AriaButton className="button button-quiet account" aria-label={t('app.account', { name: me.name })}>
        <span className="avatar" aria-hidden="true" data-initial={Array.from(me.name)[0]?.toUpperCase() ?? ''} />
        <span className="account-name" dir="auto">{me.name}</span>
      </AriaButton>
      <Popover className="popover" placement="bottom end">
        <Menu
          className="listbox"
          aria-label={t('app.account', { name: me.name })}
          onAction={(key) => {
            if (key === 'settings') navigate('/settings');
            if (key === 'out') void signOut();
          }}
        >
          <MenuItem id="who" className="listbox-item listbox-note" isDisabled textValue={me.name}>
            <Ident>{me.name}</Ident>
          </MenuItem>
          <Separator className="listbox-line" />
          <MenuItem id="settings" className="listbox-item" textValue={t('nav.settings')}>
            <Icon name="settings" size={18} /> {t('nav.settings')}
          </MenuItem>
          <MenuItem id="out" className="listbox-item" textValue={t('app.sign_out')}>
            <Icon name="signOut" size={18} /> {t('app.sign_out')}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function OfflineBanner() {
  const t = useT();
  const online = useOnline();
  if (online) return null;
  return (
    <div className="offline" role="alert">
      <Icon name="warning" size={18} />
      <span>{t('app.offline')}</span>
      <Button small variant="quiet" onPress={() => window.location.reload()}>{t('app.reload')}</Button>
    </div>
  );
}
