// The re-send flow's state, which lives in the address: what is meant, how, and the request's own
// key. The key makes a double click, a reload and a lost answer harmless: the server makes one
// re-send for each key. It is dropped whenever anything it stands for changes. Pure.

export type Mode = 'failed' | 'unknown' | 'new_devices' | 'all';
export type Content = 'frozen' | 'rendered';
export type Step = 'find' | 'mode' | 'check';

export const MODES: readonly Mode[] = ['failed', 'unknown', 'new_devices', 'all'];
export const STEPS: readonly Step[] = ['find', 'mode', 'check'];

export interface Flow {
  step: Step;
  notifications: string[];
  users: string[];
  broadcast: string | null;
  category: string | null;
  channel: string | null;
  /** As the field has them, in the browser's time zone. */
  since: string | null;
  until: string | null;
  mode: Mode;
  includeAccepted: boolean;
  content: Content;
  override: boolean;
  key: string | null;
}

export interface ResendFilter {
  notification_ids?: string[];
  user_ids?: string[];
  broadcast_id?: string;
  category?: string;
  channel?: string;
  since?: string;
  until?: string;
}

const lines = (values: string[]): string[] => [
  ...new Set(values.flatMap((value) => value.split(/[\n,]/)).map((value) => value.trim()).filter(Boolean)),
];

/** Names one on a line (or after commas) become a list without doubles. */
export const namesIn = (text: string): string[] => lines([text]);

export function readFlow(search: URLSearchParams): Flow {
  const one = (name: string): string | null => search.get(name)?.trim() || null;
  const mode = one('mode');
  const step = one('step');
  const flow: Flow = {
    step: 'find',
    notifications: lines(search.getAll('notification')),
    users: lines(search.getAll('user')),
    broadcast: one('broadcast'),
    category: one('category'),
    channel: one('channel'),
    since: one('since'),
    until: one('until'),
    mode: MODES.find((each) => each === mode) ?? 'failed',
    includeAccepted: one('accepted') === '1',
    content: one('content') === 'rendered' ? 'rendered' : 'frozen',
    override: one('override') === '1',
    key: one('key'),
  };
  // An address that names a later step without saying what is meant starts at the beginning.
  const wanted = STEPS.find((each) => each === step) ?? 'find';
  return { ...flow, step: isMeant(flow) ? wanted : 'find' };
}

export function writeFlow(flow: Flow): URLSearchParams {
  const search = new URLSearchParams();
  for (const id of flow.notifications) search.append('notification', id);
  for (const id of flow.users) search.append('user', id);
  for (const name of ['broadcast', 'category', 'channel', 'since', 'until'] as const) {
    const value = flow[name];
    if (value) search.set(name, value);
  }
  if (flow.step !== 'find') search.set('step', flow.step);
  if (flow.mode !== 'failed') search.set('mode', flow.mode);
  if (flow.includeAccepted) search.set('accepted', '1');
  if (flow.content !== 'frozen') search.set('content', flow.content);
  if (flow.override) search.set('override', '1');
  if (flow.key) search.set('key', flow.key);
  return search;
}

/** A change of anything but the step ends the request that the key stood for. */
export function changed(flow: Flow, change: Partial<Omit<Flow, 'key'>>): Flow {
  const onlyStep = Object.keys(change).every((name) => name === 'step');
  return { ...flow, ...change, key: onlyStep ? flow.key : null };
}

/** Whether the server would take the filter: users, notifications, a broadcast or a beginning. */
export const isMeant = (flow: Flow): boolean =>
  flow.notifications.length > 0 || flow.users.length > 0 || flow.broadcast !== null || flow.since !== null;

const utc = (local: string): string | undefined => {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
};

export function filterOf(flow: Flow): ResendFilter {
  const filter: ResendFilter = {};
  if (flow.notifications.length > 0) filter.notification_ids = flow.notifications;
  if (flow.users.length > 0) filter.user_ids = flow.users;
  if (flow.broadcast) filter.broadcast_id = flow.broadcast;
  if (flow.category) filter.category = flow.category;
  if (flow.channel) filter.channel = flow.channel;
  const since = flow.since ? utc(flow.since) : undefined;
  const until = flow.until ? utc(flow.until) : undefined;
  if (since) filter.since = since;
  if (until) filter.until = until;
  return filter;
}

/** "All" is the only mode that can mean what was accepted before. */
export const mayIncludeAccepted = (mode: Mode): boolean => mode === 'all';

export interface PreviewRequest {
  mode: Mode;
  filter: ResendFilter;
  include_accepted: boolean;
  override: boolean;
}

export function previewRequest(flow: Flow, mayOverride: boolean): PreviewRequest {
  return {
    mode: flow.mode,
    filter: filterOf(flow),
    include_accepted: flow.includeAccepted && mayIncludeAccepted(flow.mode),
    override: flow.override && mayOverride,
  };
}

export interface ResendRequest extends PreviewRequest {
  request_key: string;
  content: Content;
  reason: string;
  expected: number;
}

export function resendRequest(
  flow: Flow, mayOverride: boolean, key: string, reason: string, expected: number,
): ResendRequest {
  return {
    ...previewRequest(flow, mayOverride),
    request_key: key,
    content: flow.content,
    reason: reason.trim(),
    expected,
  };
}

/** What may be sent: a preview is there, something would be sent, and why is said. */
export const maySend = (deliveries: number | undefined, reason: string, busy: boolean): boolean =>
  !busy && deliveries !== undefined && deliveries > 0 && reason.trim().length > 0;
