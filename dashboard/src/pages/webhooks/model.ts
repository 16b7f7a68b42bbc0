// What the API tells about webhook endpoints and their deliveries, spelled as in its schemas.

export interface Webhook {
  name: string;
  /** Without its query and without a password. */
  url: string;
  breaker?: string | null;
  rests_for_ms?: number | null;
  concurrency: number | null;
  counts?: { completed?: number; failed?: number; waiting?: number; capped?: boolean } | null;
}

export interface WebhookDelivery {
  job_id: number;
  type: string | null;
  state: string;
  attempt: number;
  max_attempts: number;
  http_status: number | null;
  duration_ms?: number | null;
  error: string | null;
  created_at: string;
  finished_at: string | null;
  allowed_actions: string[];
}
