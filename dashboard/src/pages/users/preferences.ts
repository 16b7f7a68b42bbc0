// Which choice of a user holds where: the most particular one, as barid.decide takes it. Pure.
import type { Category, Preference, QuietWindow } from './model';

export interface Choice {
  /** The user's own for exactly this place; null: none. */
  own: boolean | null;
  /** What holds here without it. */
  inherited: boolean;
}

const find = (all: readonly Preference[], category: string, channel: string): boolean | null =>
  all.find((each) => each.category === category && each.channel === channel)?.enabled ?? null;

export function choiceAt(
  preferences: readonly Preference[],
  category: Category | null,
  channel: string,
): Choice {
  const byDefault = category?.default_enabled ?? true;
  if (category === null) {
    const own = find(preferences, '*', channel);
    const inherited = channel === '*' ? byDefault : find(preferences, '*', '*') ?? byDefault;
    return { own, inherited };
  }
  const own = find(preferences, category.key, channel);
  const inherited =
    (channel === '*' ? null : find(preferences, category.key, '*')) ??
    (channel === '*' ? null : find(preferences, '*', channel)) ??
    find(preferences, '*', '*') ??
    byDefault;
  return { own, inherited };
}

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** null: every day. */
export function daysOf(window: QuietWindow): readonly string[] | null {
  if (!window.days || window.days.length === 0 || window.days.length === DAYS.length) return null;
  return DAYS.filter((day) => window.days?.includes(day));
}
