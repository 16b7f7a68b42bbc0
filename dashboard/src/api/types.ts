// What the API answers, as far as the pages of the queue side use it.

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Count {
  count: number;
  capped: boolean;
}

export interface Grant {
  limited_to: string[] | null;
}

export interface Me {
  id: string | number;
  name: string;
  kind: string;
  permissions: Record<string, Grant>;
  expires_at: string | null;
  must_change_password?: boolean;
}

export interface SignInInfo {
  methods: string[];
  version: string;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface JobItem {
  id: number;
  queue: string;
  kind: string;
  /** waiting, parked, running, completed, failed, cancelled */
  state: string;
  priority: number;
  attempt: number;
  max_attempts: number;
  run_at: string | null;
  created_at: string;
  claimed_at: string | null;
  finished_at: string | null;
  progress: number | null;
  progress_note: string | null;
  tags: string[];
  error: string | null;
  parked_by: string | null;
  origin_id?: number | null;
  origin_queue?: string | null;
  cancel_requested?: boolean;
  allowed_actions: string[];
}

export interface Attempt {
  attempt: number;
  outcome: string | null;
  started_at: string | null;
  ended_at: string | null;
  duration_ms: number | null;
  worker: string | null;
  error: string | null;
}

export interface Flow {
  nodes: { id: number; kind: string | null; state: string }[];
  edges: { from: number; to: number }[];
}

export interface Relative {
  id: number;
  role: string;
  state: string;
  queue: string;
  kind: string;
  created_at: string;
  finished_at: string | null;
}

export interface Batch {
  id: number;
  name: string;
  created_at: string;
  finished_at: string | null;
  completed: number;
  failed: number;
  cancelled: number;
  live: number;
}

export interface Job extends JobItem {
  payload: Json;
  output: Json;
  unique_key: string | null;
  ordering_key: string | null;
  limit_key: string | null;
  request_id: string | null;
  traceparent: string | null;
  attempts: Attempt[];
  lineage: Relative[];
  flow: Flow | null;
  checkpoint?: { attempt: number; saved_at: string; bytes: number } | null;
  batch: Batch | null;
}

export interface LogLine {
  n: number;
  at: string;
  attempt: number;
  line: string;
}

export interface Percentiles {
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
}

export interface Overview {
  at: string;
  counts: Record<'due' | 'running' | 'later' | 'parked' | 'dead', Count>;
  oldest_due_seconds: number | null;
  throughput: { at: string; completed: number | null; failed: number | null }[];
  latency: Percentiles;
  duration?: Percentiles;
  failures: { kind: string; error_class: string; count: number; last_at: string; job_id: number }[];
  kinds: { kind: string; completed: number; failed: number; p50_ms: number | null; p95_ms: number | null }[];
  workers: { count: number; claimed: number };
  queues: { name: string; paused: boolean; due: number; oldest_due_seconds: number | null }[];
}

export interface QueueSettings {
  max_attempts: number;
  retention_seconds: number;
  keep_history: boolean;
  dead_letter: string | null;
  concurrency: number | null;
  process_concurrency: number | null;
  key_concurrency: number | null;
  rate_limit: number | null;
  rate_period_seconds: number;
  rate_burst: number | null;
}

export interface Queue extends QueueSettings {
  name: string;
  paused: boolean;
  due: number;
  later: number;
  running: number;
  parked: number;
  counted_to?: number;
  oldest_due_seconds: number | null;
  settings_etag?: string;
  allowed_actions: string[];
}

export interface ScheduleDefinition {
  cron: string;
  tz: string;
  kind: string;
  payload: Json;
  queue: string;
  priority: number;
  max_attempts: number | null;
  unique_key: string | null;
  ordering_key: string | null;
  tags: string[];
  missed: string;
  jitter_seconds: number | null;
  starts_at: string | null;
  ends_at: string | null;
}

export interface Schedule extends ScheduleDefinition {
  name: string;
  paused: boolean;
  next_at: string | null;
  last_fire_at: string | null;
  last_job_id: number | null;
  last_error: string | null;
  definition_etag?: string;
  allowed_actions: string[];
}

export interface ScheduleRun {
  fire_at: string;
  run_at: string | null;
  fired_at: string | null;
  job_id: number | null;
  manual: boolean;
  state: string | null;
}

export interface ScheduleDetail extends Schedule {
  runs: ScheduleRun[];
  next: string[];
}

export type BulkAction = 'retry' | 'cancel' | 'run_now' | 'redrive';

export type BulkFilter = {
  ids?: number[];
  state?: string;
  queue?: string;
  kind?: string;
  tag?: string;
  unique_key?: string;
  error?: string;
  from?: string;
  to?: string;
};

export interface BulkPreview {
  matched: Count;
  upper_id: number;
  by_queue: { queue: string; count: number }[];
  sample: JobItem[];
}

export interface Bulk {
  id: number;
  action: BulkAction;
  filter: { [key: string]: Json };
  upper_id: number;
  per_second?: number | null;
  state: 'running' | 'completed' | 'cancelled' | 'failed';
  total: number | null;
  changed: number;
  skipped: number;
  failed: number;
  progress?: number;
  error?: string | null;
  actor: string;
  actor_name?: string;
  reason: string;
  created_at: string;
  finished_at: string | null;
  job_id: number | null;
  allowed_actions?: string[];
}

export interface BulkOutcome {
  job_id: number;
  outcome: string;
  detail: string | null;
}

export interface TimelineItem {
  at: string;
  type: string;
  title: string | null;
  state: string | null;
  id: string;
  detail: { [key: string]: Json };
}

export interface Worker {
  id: number;
  name: string;
  queues: string[] | null;
  started_at: string;
  renewed_at: string | null;
  claimed: number;
}

export interface AuditLine {
  id: number;
  at: string;
  actor: string;
  actor_name: string;
  action: string;
  target_kind: string;
  target: string;
  before: Json;
  after: Json;
  reason: string | null;
  request_id: string | null;
  client: string | null;
}

export interface GrantOf {
  permission: string;
  limited_to: string[] | null;
}

export interface Token {
  id: number;
  name: string;
  prefix: string;
  account: { id: number; login: string } | null;
  permissions: GrantOf[];
  state: 'active' | 'expired' | 'revoked';
  created_at: string;
  created_by: string;
  expires_at: string;
  revoked_at: string | null;
  last_used_at: string | null;
  allowed_actions: string[];
}

export interface Account {
  id: number;
  login: string;
  name: string;
  roles: string[];
  disabled: boolean;
  has_password: boolean;
  must_change_password: boolean;
  created_at: string;
  signed_in_at: string | null;
  sessions: number;
  allowed_actions: string[];
}

export interface Role {
  name: string;
  means: string;
  permissions: GrantOf[];
  built_in: boolean;
  accounts: number;
  allowed_actions: string[];
}

export interface PermissionInfo {
  name: string;
  means: string;
  limit: 'queues' | 'categories' | null;
}
