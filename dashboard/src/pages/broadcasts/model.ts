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
  suppressed: number;
  deferred: number;
  users_per_second: number | null;
  estimated_end: string | null;
}

export interface Broadcast {
  id: string;
  state: string;
  category: string;
  template: string | null;
  template_version?: number | null;
  vars?: Record<string, unknown> | null;
  texts: Record<string, Text> | null;
  channels: string[];
  segment?: string | null;
  image?: string | null;
  users?: number | null;
  start_at: string | null;
  created_by: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  error: string | null;
  job_id?: number | null;
  progress?: BroadcastProgress | null;
  events?: { at: string; actor: string; action: string }[];
  masked?: boolean;
  allowed_actions: string[];
}

export interface BroadcastPreview {
  users: number;
  reachable: number;
  devices: number;
  without_device: number;
  opted_out: number;
  locales: Record<string, number>;
  texts: Record<string, Text> | null;
  minutes: number | null;
}

export const STATE_TONE: Record<string, 'info' | 'good' | 'bad' | 'warn' | 'neutral'> = {
  draft: 'neutral', running: 'info', paused: 'warn', cancelled: 'neutral', done: 'good', failed: 'bad',
};

/** The text in the reader's language if there is one, else any. */
export function textFor(texts: Record<string, Text> | null, language: string): Text | null {
  if (!texts) return null;
  return texts[language] ?? Object.values(texts)[0] ?? null;
}
