// Language and theme: kept in this browser, applied to <html> at once (public/boot.js does the
// same before the first paint).
import { useSyncExternalStore } from 'react';
import { direction, type Language } from '../i18n/language';

export type ThemeChoice = 'auto' | 'light' | 'dark';

export interface Preferences {
  language: Language;
  theme: ThemeChoice;
  dark: boolean;
}

const darkScheme = window.matchMedia('(prefers-color-scheme: dark)');

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser without storage forgets it with the page.
  }
}

function initial(): Preferences {
  const theme = stored('barid.theme');
  const root = document.documentElement;
  return {
    language: root.lang === 'ar' ? 'ar' : 'en',
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    dark: root.dataset['theme'] === 'dark',
  };
}

let current = initial();
const listeners = new Set<() => void>();

function apply(next: Preferences): void {
  const root = document.documentElement;
  root.lang = next.language;
  root.dir = direction(next.language);
  root.dataset['theme'] = next.dark ? 'dark' : 'light';
  current = next;
  for (const listener of listeners) listener();
}

function isDark(theme: ThemeChoice): boolean {
  return theme === 'dark' || (theme === 'auto' && darkScheme.matches);
}

darkScheme.addEventListener('change', () => apply({ ...current, dark: isDark(current.theme) }));

export function setLanguage(language: Language): void {
  store('barid.language', language);
  apply({ ...current, language });
}

export function setTheme(theme: ThemeChoice): void {
  store('barid.theme', theme);
  apply({ ...current, theme, dark: isDark(theme) });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current);
}
