// What the API tells about broadcasts, spelled as in its schemas.

export interface Text {
  title: string;
  body: string;
}

export interface BroadcastProgress {
  users: number | null;
  materialised: number;
  sent_users: number;
  accepted: number;
  failed: number;
  unknown: number;
  skipped: number;
  deferred: number;
  users_per_second: number | null;
  estimated_end: string | null;
}

export interface BroadcastItem {
  id: string;
  state: string;
  category: string;
  template: string | null;
  template_version: number | null;
  /** By language; empty for a template. */
  titles: Record<string, string>;
  channels: string[];
  personal: boolean;
  audience: 'users' | 'segment';
  users: number | null;
  materialised: number;
  created_by: string;
  created_at: string;
  start_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  error: string | null;
  allowed_actions: string[];
}

export interface Broadcast extends BroadcastItem {
  texts: Record<string, Text> | null;
  vars: Record<string, unknown>;
  image: string | null;
  segment: string | null;
  job_id: number | null;
  progress: BroadcastProgress;
  events: { at: string; actor: string; action: string }[];
}

export interface BroadcastPreview {
  users: number;
  reachable: number;
  devices: number;
  without_device: number;
  opted_out: number;
  locales: Record<string, number>;
  /** As a phone shows them; values of a user's own are samples. */
  texts: { locale: string; dir: 'ltr' | 'rtl'; channel: string; title: string; body: string; image: string | null }[];
  minutes: number | null;
}

export const STATE_TONE: Record<string, 'info' | 'good' | 'bad' | 'warn' | 'neutral'> = {
  draft: 'neutral', running: 'info', paused: 'warn', cancelled: 'neutral', done: 'good', failed: 'bad',
};

/** The title in the reader's language if there is one, else any. */
export function titleFor(titles: Record<string, string>, language: string): string | null {
  return titles[language] ?? Object.values(titles)[0] ?? null;
}
