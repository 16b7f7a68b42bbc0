// A broadcast being written: what is missing, and the request made of it. Pure.
import { namesIn } from '../resend/flow';
import type { Text } from './model';

export interface Draft {
  words: 'texts' | 'template';
  texts: { en: Text; ar: Text };
  template: string;
  vars: string;
  audience: 'users' | 'segment';
  users: string;
  segment: string;
  category: string | null;
  channels: string[];
  /** As the field has it; '' means: when it is started. */
  startAt: string;
}

export const emptyDraft: Draft = {
  words: 'texts',
  texts: { en: { title: '', body: '' }, ar: { title: '', body: '' } },
  template: '', vars: '{}', audience: 'segment', users: '', segment: '', category: null,
  channels: ['push', 'inbox'], startAt: '',
};

/** A segment is a query that reads people's data: who may not see that names users. */
export function within(draft: Draft, seesData: boolean): Draft {
  return seesData ? draft : { ...draft, audience: 'users' };
}

export type Missing = 'texts' | 'template' | 'vars' | 'audience' | 'category' | 'channels';

const written = (text: Text): boolean => text.title.trim() !== '' || text.body.trim() !== '';
const whole = (text: Text): boolean => text.title.trim() !== '' && text.body.trim() !== '';

export function objectIn(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json.trim() === '' ? '{}' : json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown> : null;
  } catch {
    return null;
  }
}

export function missingIn(draft: Draft): Missing[] {
  const missing: Missing[] = [];
  const texts = Object.values(draft.texts);
  if (draft.words === 'texts' && (!texts.some(whole) || texts.some((text) => written(text) && !whole(text)))) {
    missing.push('texts');
  }
  if (draft.words === 'template' && draft.template.trim() === '') missing.push('template');
  if (draft.words === 'template' && objectIn(draft.vars) === null) missing.push('vars');
  const audience = draft.audience === 'users' ? namesIn(draft.users).length > 0 : draft.segment.trim() !== '';
  if (!audience) missing.push('audience');
  if (!draft.category) missing.push('category');
  if (draft.channels.length === 0) missing.push('channels');
  return missing;
}

export interface BroadcastRequest {
  category: string;
  channels: string[];
  title?: Record<string, string>;
  body?: Record<string, string>;
  template?: string;
  vars?: Record<string, unknown>;
  users?: string[];
  segment?: string;
  start_at?: string;
}

export function requestOf(draft: Draft): BroadcastRequest {
  const request: BroadcastRequest = { category: draft.category ?? '', channels: draft.channels };
  if (draft.words === 'texts') {
    const there = Object.entries(draft.texts).filter(([, text]) => whole(text));
    request.title = Object.fromEntries(there.map(([lang, text]) => [lang, text.title.trim()]));
    request.body = Object.fromEntries(there.map(([lang, text]) => [lang, text.body.trim()]));
  } else {
    request.template = draft.template.trim();
    request.vars = objectIn(draft.vars) ?? {};
  }
  if (draft.audience === 'users') request.users = namesIn(draft.users);
  else request.segment = draft.segment.trim();
  if (draft.startAt !== '') request.start_at = new Date(draft.startAt).toISOString();
  return request;
}
