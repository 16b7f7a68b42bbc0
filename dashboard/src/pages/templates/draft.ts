// A template being edited: values for its preview, what differs, and where a server's complaint
// belongs. Pure.
import type { Violation } from '../../api/problem';
import type { Template, TemplateText, Variable } from './model';

export interface Draft {
  texts: Record<string, TemplateText>;
  /** As JSON text, so that half a sentence of it can stand there while it is written. */
  variables: string;
}

export const draftOf = (template: Pick<Template, 'texts' | 'variables'>): Draft => ({
  texts: template.texts,
  variables: JSON.stringify(template.variables, null, 2),
});

export const differs = (draft: Draft, template: Pick<Template, 'texts' | 'variables'>): boolean => {
  const original = draftOf(template);
  return JSON.stringify(draft.texts) !== JSON.stringify(original.texts) || draft.variables !== original.variables;
};

const SAMPLES: Record<string, unknown> = {
  string: 'A-1042', integer: 3, number: 1.5, money: { amount: '149.50', currency: 'SAR' },
  date: '2026-11-22T15:30:00+03:00', boolean: true,
};

/** Something of the right type for each variable that has no sample of its own. */
export function sampleValues(variables: Record<string, Variable>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [name, variable.sample ?? SAMPLES[variable.type] ?? 'A-1042']),
  );
}

export interface Place {
  /** null: about the whole template, or its variables. */
  locale: string | null;
  field: string | null;
  /** From 1, as people count; null when it isn't about one. */
  character: number | null;
  problem: string;
}

const CHARACTER = /\bat character (\d+)\b/;
const LANG = /^[a-z]{2}(-[A-Za-z]{2,4})?$/;

/** "/texts/ar/body" (or a sentence that says "ar.body") → the field that it stands under. */
export function placeOf(violation: Violation, locales: readonly string[]): Place {
  const character = CHARACTER.exec(violation.problem)?.[1];
  const parts = violation.at.split(/[/.]/).filter(Boolean);
  const at = parts.findIndex((part) => locales.includes(part) || LANG.test(part));
  let locale = at >= 0 ? parts[at] ?? null : null;
  let field = at >= 0 ? parts.slice(at + 1).join('.') || null : parts[parts.length - 1] ?? null;
  if (locale === null) {
    const said = /\b([a-z]{2}(?:-[A-Z]{2})?)[./ ](title|body|html)\b/.exec(violation.problem);
    if (said?.[1] && locales.includes(said[1])) {
      locale = said[1];
      field = said[2] ?? null;
    }
  }
  return { locale, field, character: character ? Number(character) : null, problem: violation.problem };
}

/** Code points before the place, for a field's selection, which counts UTF-16. */
export function selectionAt(text: string, character: number): number {
  return [...text].slice(0, Math.max(0, character - 1)).join('').length;
}

export function variablesIn(json: string): Record<string, Variable> | null {
  try {
    const value: unknown = JSON.parse(json.trim() === '' ? '{}' : json);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return value as Record<string, Variable>;
  } catch {
    return null;
  }
}
