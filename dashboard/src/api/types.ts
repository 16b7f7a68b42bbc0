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
  login_methods?: string[];
}

export interface SignInInfo {
  methods: string[];
  version: string;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type JobState =
  | 'available' | 'running' | 'completed' | 'failed' | 'cancelled' | 'parked' | 'scheduled' | string;

export interface JobItem {
  id: number;
  queue: string;
  kind: string;
  state: JobState;
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
  allowed_actions: string[];
}

export interface Attempt {
  attempt: number;
  outcome: string | null;
  started_at: string | null;
  ended_at: string | null;
  duration_ms: number | null;
  worker: string | number | null;
  error: string | null;
}

export interface FlowNode {
  id: number;
  kind: string;
  state: JobState;
}

export interface Flow {
  nodes: FlowNode[];
  edges: { from: number; to: number }[];
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
  lineage: Json;
  flow: Flow | null;
  batch: Json;
}

export interface LogLine {
  n: number;
  at: string;
  attempt: number;
  line: string;
}
