// Why somebody got nothing, in words, and whose turn it is. The codes are the API's; what is not
// known here is shown as it is, so that a newer server never leaves a blank. Pure.
import type { Facts, WhyNot } from './model';

/** Whose turn it is: what the page offers as the next step. */
export type Remedy = 'resend' | 'wait' | 'user' | 'device' | 'configuration' | 'text' | 'none';

const REMEDIES: Record<string, Remedy> = {
  waiting_for_job: 'wait',
  no_job: 'resend',
  not_before: 'wait',
  preference: 'user',
  quiet_hours: 'wait',
  expires_in_quiet_hours: 'none',
  throttled: 'none',
  digest: 'wait',
  expired: 'none',
  no_device: 'user',
  device_gone: 'device',
  no_address: 'user',
  suppressed_address: 'user',
  cancelled: 'resend',
  forgotten: 'none',
  cannot_render: 'text',
  attempts_exhausted: 'resend',
  token_unregistered: 'device',
  sender_mismatch: 'configuration',
  payload_rejected: 'text',
  provider_credentials: 'configuration',
  in_doubt: 'resend',
  no_channel: 'configuration',
  no_credentials: 'configuration',
  in_progress: 'wait',
  lane_paused: 'wait',
  provider_error: 'resend',
};

export interface Why {
  /** A message id below `why.`, or null: there are no words for this code. */
  message: string | null;
  /** A message id below `why.detail.`, when the facts say more. */
  detail: string | null;
  remedy: Remedy;
  code: string;
  /** A time that the sentence may name. */
  until: string | null;
}

const text = (facts: Facts, name: string): string | null => {
  const value = facts[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

const LEVELS = ['category+channel', 'category', 'channel', 'global', 'default'];

export function whyOf(why: WhyNot): Why {
  const remedy = REMEDIES[why.code];
  const until =
    text(why.facts, 'until') ?? text(why.facts, 'lane_paused_until') ?? text(why.facts, 'closes_at');
  if (remedy === undefined) {
    return { message: null, detail: null, remedy: 'none', code: why.code, until };
  }
  let message = `why.${why.code}`;
  if (why.code === 'preference') {
    const level = text(why.facts, 'level') ?? '';
    if (LEVELS.includes(level)) message = `why.preference.${level.replace('+', '_')}`;
  }
  const reason = text(why.facts, 'reason');
  const detail = reason !== null && GENERAL.has(why.code) && PROVIDER.has(reason) ? `why.detail.${reason}` : null;
  // Out of the quiet hours' way it goes by itself; left out because of them it does not.
  const turn = why.code === 'quiet_hours' && why.outcome === 'skipped' ? 'none' : remedy;
  return { message, detail, remedy: turn, code: why.code, until };
}

/** Sentences that say little without the provider's answer. */
const GENERAL = new Set([
  'provider_error', 'payload_rejected', 'in_doubt', 'in_progress', 'attempts_exhausted', 'device_gone',
]);

/** What providers answer, as docs/notifications.md lists it. */
const PROVIDER = new Set([
  'unregistered', 'invalid_target', 'invalid_argument', 'too_large', 'permission_denied',
  'wrong_endpoint', 'token_unavailable', 'sender_refused', 'address_denied', 'bad_url',
  'endpoint_gone', 'mailbox_unknown', 'mailbox_full', 'bad_address', 'bad_message', 'interrupted',
  'timeout', 'no_answer', 'bad_answer', 'connection_lost', 'connect_failed',
]);

export const knownCodes = (): string[] => Object.keys(REMEDIES);
export const knownDetails = (): string[] => [...PROVIDER];
