// Times, durations, numbers and sizes as people read them. Pure: the locale is given.
import { intlLocale, type Language } from './language';

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  key: string,
  make: () => T,
): T {
  const known = cache.get(key);
  if (known) return known as T;
  const made = make();
  cache.set(key, made);
  return made;
}

export function number(language: Language, value: number, fractionDigits = 0): string {
  return cached(`n${language}${fractionDigits}`, () =>
    new Intl.NumberFormat(intlLocale(language), { maximumFractionDigits: fractionDigits }),
  ).format(value);
}

export function percent(language: Language, share: number, fractionDigits = 0): string {
  return cached(`p${language}${fractionDigits}`, () =>
    new Intl.NumberFormat(intlLocale(language), {
      style: 'percent',
      maximumFractionDigits: fractionDigits,
    }),
  ).format(share);
}

export function compact(language: Language, value: number): string {
  return cached(`c${language}`, () =>
    new Intl.NumberFormat(intlLocale(language), { notation: 'compact', maximumFractionDigits: 1 }),
  ).format(value);
}

/** A capped count is at least so many: "10,000+". */
export function count(language: Language, value: { count: number; capped: boolean }): string {
  if (!value.capped) return number(language, value.count);
  // The server looks one row past the cap.
  const text = `${number(language, Math.floor(value.count / 1000) * 1000)}+`;
  // Without the marks an Arabic line would move the plus before the number.
  return language === 'ar' ? `\u200e${text}\u200e` : text;
}

export function dateTime(language: Language, iso: string, seconds = false): string {
  const style = seconds ? 's' : 'm';
  return cached(`d${language}${style}`, () =>
    new Intl.DateTimeFormat(intlLocale(language), {
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      ...(seconds ? { second: '2-digit' as const } : {}),
      hourCycle: 'h23',
    }),
  ).format(new Date(iso));
}

export function clock(language: Language, iso: string, seconds = false): string {
  return cached(`t${language}${seconds ? 's' : 'm'}`, () =>
    new Intl.DateTimeFormat(intlLocale(language), {
      hour: '2-digit',
      minute: '2-digit',
      ...(seconds ? { second: '2-digit' as const } : {}),
      hourCycle: 'h23',
    }),
  ).format(new Date(iso));
}

export function date(language: Language, iso: string): string {
  return cached(`y${language}`, () =>
    new Intl.DateTimeFormat(intlLocale(language), {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
    }),
  ).format(new Date(iso));
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit & ('second' | 'minute' | 'hour' | 'day'), number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** "3 min ago", "in 2 hr": the largest whole unit. */
export function relative(language: Language, iso: string, nowMs: number): string {
  const seconds = (new Date(iso).getTime() - nowMs) / 1000;
  const format = cached(`r${language}`, () =>
    new Intl.RelativeTimeFormat(intlLocale(language), { numeric: 'auto', style: 'short' }),
  );
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(0, 'second');
}

function unit(language: Language, name: string, value: number, digits: number): string {
  return cached(`u${language}${name}${digits}`, () =>
    new Intl.NumberFormat(intlLocale(language), {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    }),
  ).format(value);
}

/** "840 ms", "1.2 sec", "3 min 20 sec", "2 hr 5 min", "4 days 1 hr". */
export function duration(language: Language, ms: number): string {
  const seconds = ms / 1000;
  if (ms < 1000) return unit(language, 'millisecond', ms, ms < 10 ? 1 : 0);
  if (seconds < 60) return unit(language, 'second', seconds, seconds < 10 ? 1 : 0);
  const pairs: readonly [string, number, string, number][] = [
    ['day', 86_400, 'hour', 3_600],
    ['hour', 3_600, 'minute', 60],
    ['minute', 60, 'second', 1],
  ];
  const whole = Math.round(seconds);
  for (const [large, size, small, part] of pairs) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / part);
    const first = unit(language, large, Math.floor(whole / size), 0);
    return rest === 0 ? first : `${first} ${unit(language, small, rest, 0)}`;
  }
  return unit(language, 'second', seconds, 0);
}

export function bytes(language: Language, value: number): string {
  if (value < 1000) return unit(language, 'byte', value, 0);
  if (value < 1_000_000) return unit(language, 'kilobyte', value / 1000, value < 10_000 ? 1 : 0);
  if (value < 1e9) return unit(language, 'megabyte', value / 1e6, 1);
  return unit(language, 'gigabyte', value / 1e9, 1);
}
