// The two languages, and what each needs: its direction, and locales whose calendar and digits are
// pinned (browsers differ: ar-EG writes Arabic-Indic digits, ar-SA the Islamic calendar).

export type Language = 'en' | 'ar';
export type Direction = 'ltr' | 'rtl';

export const LANGUAGES: readonly Language[] = ['en', 'ar'];

export function direction(language: Language): Direction {
  return language === 'ar' ? 'rtl' : 'ltr';
}

/** For Intl and the messages' plurals. */
export function intlLocale(language: Language): string {
  return language === 'ar' ? 'ar-u-ca-gregory-nu-latn' : 'en-GB-u-ca-gregory-nu-latn';
}

/** For React Aria, which carries the strings of these two alone. */
export function ariaLocale(language: Language): string {
  return language === 'ar' ? 'ar-AE' : 'en-US';
}
