// How much of a notification phones show, and in which direction. The limits are those of common
// phones in the usual text size; phones differ, so the page says "may be cut". Pure.

export type Platform = 'android' | 'ios';
export type Form = 'collapsed' | 'expanded';

interface Limits {
  title: { lines: number; characters: number };
  body: { lines: number; characters: number };
}

export const LIMITS: Record<Platform, Record<Form, Limits>> = {
  android: {
    collapsed: { title: { lines: 1, characters: 39 }, body: { lines: 1, characters: 44 } },
    expanded: { title: { lines: 2, characters: 78 }, body: { lines: 10, characters: 450 } },
  },
  ios: {
    collapsed: { title: { lines: 1, characters: 36 }, body: { lines: 4, characters: 150 } },
    expanded: { title: { lines: 3, characters: 108 }, body: { lines: 12, characters: 480 } },
  },
};

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** What a reader counts as characters: an emoji family or a letter with its marks is one. */
export function length(text: string): number {
  let n = 0;
  for (const _ of graphemes.segment(text)) n += 1;
  return n;
}

export function mayBeCut(platform: Platform, form: Form, part: 'title' | 'body', text: string): boolean {
  const limit = LIMITS[platform][form][part];
  return length(text) > limit.characters || text.split('\n').length > limit.lines;
}

const RTL = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u;
const LETTER = /\p{L}/u;

/** The direction of the first letter, as phones decide it for each text of its own. */
export function directionOf(text: string | null | undefined): 'ltr' | 'rtl' {
  for (const character of text ?? '') {
    if (RTL.test(character)) return 'rtl';
    if (LETTER.test(character)) return 'ltr';
  }
  return 'ltr';
}

/** The whole of a phone's screen turns with its language, not with one message's. */
export const screenDirection = (locale: string | null | undefined): 'ltr' | 'rtl' =>
  /^(ar|fa|he|ur|ps|dv|ckb)\b/i.test(locale ?? '') ? 'rtl' : 'ltr';
