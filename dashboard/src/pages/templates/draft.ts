// A template being edited: values for its preview, what differs, and where a server's complaint
// belongs. Pure.
import type { Violation } from '../../api/problem';
import type { Template, TemplateText, TextChannel, Variable } from './model';

export interface Draft {
  texts: TemplateText[];
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

/** What PUT and the preview take: {"ar": {"title", "body", "email": {…}}}. */
export type TextsBody = Record<string, Record<string, unknown>>;

export function textsBody(texts: readonly TemplateText[]): TextsBody {
  const body: TextsBody = {};
  for (const text of texts) {
    const fields = {
      title: text.title, body: text.body, ...(text.html !== null && text.html !== '' ? { html: text.html } : {}),
    };
    const language = (body[text.locale] ??= {});
    if (text.channel === '*') Object.assign(language, fields);
    else language[text.channel] = fields;
  }
  return body;
}

export interface Place {
  /** null: about the whole template, or its variables. */
  locale: string | null;
  channel: TextChannel;
  field: string | null;
  /** From 1, as people count; null when it isn't about one. */
  character: number | null;
  problem: string;
}

const CHARACTER = /\bcharacter (\d+)\b/;
const LANG = /^[a-z]{2}(-[A-Za-z]{2,4})?$/;

/** "/texts/ar/body" or "/texts/ar/email/body" → the field that it stands under. */
export function placeOf(violation: Violation, locales: readonly string[]): Place {
  const character = CHARACTER.exec(violation.problem)?.[1];
  const parts = violation.at.split(/[/.]/).filter(Boolean);
  const at = parts.findIndex((part) => locales.includes(part) || LANG.test(part));
  const locale = at >= 0 ? parts[at] ?? null : null;
  const rest = at >= 0 ? parts.slice(at + 1) : parts.slice(-1);
  const channel: TextChannel = rest[0] === 'push' || rest[0] === 'email' ? rest[0] : '*';
  const field = (channel === '*' ? rest[0] : rest[1]) ?? null;
  return { locale, channel, field, character: character ? Number(character) : null, problem: violation.problem };
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
