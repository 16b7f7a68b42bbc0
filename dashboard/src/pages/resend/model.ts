// What the API tells about re-sends, spelled as in its schemas.
import type { Content, Mode, ResendFilter } from './flow';

export interface ResendSample {
  notification_id: string;
  user_id: string;
  category: string;
  channel: string;
  device_id: number | null;
  title: string | null;
  was: string;
  created_at: string;
  /** What the user's wishes say now: send, defer, suppress, … */
  verdict: string;
  reason: string | null;
}

export interface ResendPreview {
  notifications: number;
  deliveries: number;
  users: number;
  most: number;
  was: Record<string, number>;
  channels: Record<string, number>;
  /** Of the first `checked` ones: what preferences, quiet hours and limits say now. */
  wishes: { checked: number; send: number; wait: number; skip: number; reasons: Record<string, number> };
  override_needed: boolean;
  sample: ResendSample[];
}

export interface ResendProgress {
  total: number;
  accepted: number;
  failed: number;
  unknown: number;
  skipped: number;
  deferred: number;
  waiting: number;
  superseded: number;
  reasons: Record<string, number>;
  approximate: boolean;
}

export interface Resend {
  id: number;
  request_key: string;
  actor: string;
  reason: string;
  mode: Mode;
  filter: ResendFilter & { categories?: string[] };
  content: Content;
  override: boolean;
  include_accepted: boolean;
  notifications: number;
  deliveries: number;
  expected: number;
  created_at: string;
  state: 'running' | 'done';
  /** null in lists, for large ones. */
  progress: ResendProgress | null;
  job_ids: number[];
}

export interface ResendOutcome {
  notification_id: string;
  user_id: string | null;
  channel: string;
  device_id: number | null;
  state: string;
  reason: string | null;
  attempts: number;
  updated_at: string;
}
