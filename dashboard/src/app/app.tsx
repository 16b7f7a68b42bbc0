import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { RouterProvider } from 'react-aria-components';
import { Router, useLocation } from 'wouter';
import { ApiError } from '../api/problem';
import { LanguageProvider, loadMessages, useT } from '../i18n/context';
import type { Language } from '../i18n/language';
import type { MessageFile } from '../i18n/merge';
import { FirstPasswordPage } from '../pages/sign-in/first-password-page';
import { SignInPage } from '../pages/sign-in/sign-in-page';
import { ConfirmProvider } from '../ui/dialog';
import { Problem } from '../ui/layout';
import { ToastProvider } from '../ui/toast';
import { LiveProvider } from './live-context';
import { usePreferences } from './preferences';
import { SessionProvider, useMeQuery } from './session';
import { BrandMark, Shell } from './shell';

const BASE = '/admin';

function retry(failures: number, error: Error): boolean {
  // The client has sent it again already when the network failed; what was refused stays refused.
  if (error instanceof ApiError && error.status < 500) return false;
  return failures < 2;
}

const client = new QueryClient({
  defaultOptions: {
    queries: { retry, staleTime: Infinity, gcTime: 5 * 60_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

interface Loaded {
  language: Language;
  messages: MessageFile;
}

export function App(props: { first: Loaded }) {
  const { language } = usePreferences();
  const [loaded, setLoaded] = useState(props.first);
  useEffect(() => {
    if (loaded.language === language) return;
    let current = true;
    void loadMessages(language).then((messages) => {
      if (current) setLoaded({ language, messages });
    });
    return () => {
      current = false;
    };
  }, [language, loaded.language]);
  return (
    <QueryClientProvider client={client}>
      <LanguageProvider language={loaded.language} messages={loaded.messages}>
        <Router base={BASE}><AriaRouter /></Router>
      </LanguageProvider>
    </QueryClientProvider>
  );
}

function AriaRouter() {
  const [, navigate] = useLocation();
  return (
    <RouterProvider navigate={(href) => navigate(href)} useHref={(href) => BASE + href}>
      <ToastProvider><ConfirmProvider><Gate /></ConfirmProvider></ToastProvider>
    </RouterProvider>
  );
}

/** Nobody signed in: the sign-in page, at whatever address; afterwards that address opens. */
function Gate() {
  const me = useMeQuery();
  if (me.data?.must_change_password) return <FirstPasswordPage />;
  if (me.data) {
    return <SessionProvider me={me.data}><LiveProvider><Shell /></LiveProvider></SessionProvider>;
  }
  if (me.data === null) return <SignInPage />;
  if (me.error) {
    return <div className="gate"><Problem error={me.error} retry={() => void me.refetch()} /></div>;
  }
  return <Waiting />;
}

function Waiting() {
  const t = useT();
  return (
    <div className="gate" role="status">
      <BrandMark />
      <span className="visually-hidden">{t('ui.loading')}</span>
    </div>
  );
}
