// What the API tells about webhook endpoints and their deliveries, spelled as in its schemas.

export interface Webhook {
  name: string;
  /** Without its query and without a password. */
  url: string;
  timeout_ms: number;
  concurrency: number;
  /** Of the process that answers; null where it delivers nothing. */
  breaker: { state: string; rests_for_ms: number; under_way: number } | null;
  counts: {
    last_day: { completed: number; failed: number; cancelled: number; capped: boolean };
    waiting: number;
    retrying: number;
    running: number;
    live_capped: boolean;
    last_success_at: string | null;
    last_failure_at: string | null;
    last_error: string | null;
  };
}

export interface WebhookDelivery {
  job_id: number;
  /** As the receiver sees it. */
  webhook_id: string;
  endpoint: string | null;
  type: string | null;
  state: string;
  attempt: number;
  max_attempts: number;
  created_at: string;
  run_at: string | null;
  finished_at: string | null;
  /** Of the answer that took it. */
  status: number | null;
  duration_ms: number | null;
  error: string | null;
  redelivers_job: number | null;
  tags: string[];
  allowed_actions: string[];
}
