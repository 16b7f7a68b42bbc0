// What the API tells about notifications. Spelled as in its schemas; docs/admin.md names them.

export type DeliveryState =
  | 'pending' | 'sending' | 'accepted' | 'failed' | 'unknown' | 'suppressed' | 'deferred'
  | 'collected' | 'expired';

export type Channel = 'push' | 'inbox' | 'email' | 'webhook';

/** How many ways out (channel and device) stand where, by their last generation. */
export interface Outcomes {
  accepted: number;
  failed: number;
  unknown: number;
  suppressed: number;
  deferred: number;
  pending: number;
  expired?: number;
  collected?: number;
}

interface NotificationBase {
  id: string;
  user_id: string;
  category: string;
  title: string | null;
  body: string | null;
  locale: string | null;
  template: string | null;
  template_version?: number | null;
  channels?: string[];
  created_at: string;
  expires_at: string | null;
  job_id: number | null;
  broadcast_id: string | null;
  status: string;
  /** Texts, data and errors are hidden. */
  masked?: boolean;
  allowed_actions: string[];
}

export interface NotificationItem extends NotificationBase {
  deliveries: Outcomes;
}

export interface Attempt {
  attempt: number;
  at: string;
  finished_at?: string | null;
  /** null: under way. */
  class: string | null;
  reason: string | null;
  http_status: number | null;
  latency_ms: number | null;
  provider_id?: string | null;
  worker?: string | null;
  error: string | null;
}

export interface DeliveryDevice {
  id: number;
  platform: string | null;
  app_version: string | null;
  state: string | null;
}

export interface Delivery {
  id: number;
  channel: Channel;
  device: DeliveryDevice | null;
  /** 0, and one more with each re-send. */
  generation: number;
  state: DeliveryState;
  reason: string | null;
  attempts: number;
  job_id?: number | null;
  created_at?: string;
  updated_at: string;
  not_before: string | null;
  history: Attempt[];
}

export type Facts = Record<string, unknown>;

/** Why a way out has not been accepted; `delivery_id` null: nothing is decided for it yet. */
export interface WhyNot {
  channel: string;
  device_id: number | null;
  delivery_id: number | null;
  generation: number;
  outcome: 'failed' | 'unknown' | 'skipped' | 'waiting';
  state: string;
  step: string;
  code: string;
  facts: Facts;
}

export interface NotificationDetail extends NotificationBase {
  counts: Outcomes;
  deliveries: Delivery[];
  why_not: WhyNot[];
  image: string | null;
  data: Record<string, unknown>;
  vars: Record<string, unknown> | null;
  not_before?: string | null;
  job_state?: string | null;
  dir: 'ltr' | 'rtl';
  inbox?: { state: string; at: string } | null;
}

export interface ExplainStep {
  channel: string;
  step: string;
  result: string;
  detail: string;
  facts?: { reason?: string; until?: string };
}

export interface Explanation {
  user_id: string;
  category: string;
  at: string;
  items: ExplainStep[];
}

/** What a phone shows. `dir` follows the language of the texts, not of the dashboard. */
export interface Shown {
  locale: string | null;
  title: string | null;
  body: string | null;
  image?: string | null;
  dir?: 'ltr' | 'rtl';
}
