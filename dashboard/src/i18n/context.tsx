// Language for the whole page: messages, direction, Intl and React Aria at once.
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import { I18nProvider } from 'react-aria-components';
import { createIntl, createIntlCache, RawIntlProvider, useIntl } from 'react-intl';
import * as format from './format';
import { ariaLocale, intlLocale, type Language } from './language';
import type { MessageFile } from './merge';

const LanguageContext = createContext<Language>('en');
const intlCache = createIntlCache();

export async function loadMessages(language: Language): Promise<MessageFile> {
  const module = language === 'ar' ? await import('./locale-ar') : await import('./locale-en');
  return module.messages;
}

export function LanguageProvider(props: {
  language: Language;
  messages: MessageFile;
  children: ReactNode;
}) {
  const { language, messages, children } = props;
  const intl = useMemo(
    () => createIntl({ locale: intlLocale(language), messages, onError: report }, intlCache),
    [language, messages],
  );
  return (
    <LanguageContext.Provider value={language}>
      <RawIntlProvider value={intl}>
        <I18nProvider locale={ariaLocale(language)}>{children}</I18nProvider>
      </RawIntlProvider>
    </LanguageContext.Provider>
  );
}

function report(error: Error) {
  console.error(error.message);
}

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

export type Values = Record<string, string | number | boolean | Date | null | undefined>;
export type Translate = (id: string, values?: Values) => string;

/** t('jobs.title'), t('jobs.selected', {count: 3}). */
export function useT(): Translate {
  const intl = useIntl();
  return useMemo(() => (id, values) => intl.formatMessage({ id }, values), [intl]);
}

/** For what may be unknown (an error code, a state that the page doesn't know yet). */
export function useHasMessage(): (id: string) => boolean {
  const { messages } = useIntl();
  return (id) => Object.hasOwn(messages, id);
}

/** A server's word (a state, an outcome): translated if known, else the word itself. */
export function useWord(): (prefix: string, word: string) => string {
  const t = useT();
  const has = useHasMessage();
  return (prefix, word) => (has(`${prefix}.${word}`) ? t(`${prefix}.${word}`) : word);
}

type Bound = {
  [Name in keyof typeof format]: (typeof format)[Name] extends (l: Language, ...rest: infer Rest) => string
    ? (...rest: Rest) => string
    : never;
};

/** The functions of format.ts in the page's language. */
export function useFormat(): Bound {
  const language = useLanguage();
  return useMemo(() => {
    const bound: Record<string, unknown> = {};
    for (const [name, run] of Object.entries(format)) {
      bound[name] = (...rest: unknown[]) =>
        (run as (l: Language, ...rest: unknown[]) => string)(language, ...rest);
    }
    return bound as Bound;
  }, [language]);
}
