// What the API tells about the shop's events, read models and payments, spelled as in its schemas.
import type { Json } from '../../api/types';
import type { Tone } from '../../ui/text';

export interface Stream {
  stream: string;
  target: 'jobs' | 'deliver' | 'projection';
  /** 10,000 is that or more. */
  pending: number | null;
  oldest: string | null;
  blocked: number | null;
  /** Why nothing could be told of it. */
  problem: string | null;
}

export interface BlockedEvent {
  event_id: string | null;
  aggregate_type: string | null;
  aggregate_id: string | null;
  aggregate_version: number | null;
  event_type: string | null;
  error: string | null;
  attempts: number | null;
  blocked_at: string | null;
  occurred_at: string | null;
  /** Where the event had become a job. */
  job_id: number | null;
}

export interface ProjectionLine {
  at: string;
  action: string;
  version: number | null;
  from_version: number | null;
  actor: string | null;
  reason: string | null;
  error: string | null;
}

export interface Projection {
  name: string;
  state: string;
  active_version: number;
  building_version: number | null;
  kept_version: number | null;
  kept_until: string | null;
  can_roll_back: boolean;
  /** Why a version that nobody reads gets no more events. */
  problem: string | null;
  job_id: number | null;
  rows_done: number;
  rows_expected: number;
  /** When the two versions were compared. */
  live_rows: number | null;
  new_rows: number | null;
  started_at: string | null;
  finished_at: string | null;
  error: string | null;
  allowed_actions: string[];
  history: ProjectionLine[];
}

export interface PaymentCheck {
  id: number;
  order: string;
  cause: string;
  verdict: string;
  checked_at: string;
  result: string | null;
  times: number;
  job_id: number | null;
  attempts: Json[];
}

export interface Gateway {
  name: string;
  paused_at: string | null;
  paused_why: string | null;
  rests_until: string | null;
  unknown_attempts: number;
  open_refunds: number;
  swept_at: string | null;
}

/** The outbox counts so far. */
const COUNTED_TO = 10_000;

export function pendingOf(count: number): { count: number; capped: boolean } {
  return { count, capped: count >= COUNTED_TO };
}

export function streamTone(one: Stream): { tone: Tone; word: 'unknown' | 'blocked' | 'waiting' | 'empty' } {
  if (one.problem !== null || one.pending === null) return { tone: 'bad', word: 'unknown' };
  if ((one.blocked ?? 0) > 0) return { tone: 'warn', word: 'blocked' };
  return one.pending > 0 ? { tone: 'info', word: 'waiting' } : { tone: 'good', word: 'empty' };
}

export function isRebuilding(one: Projection): boolean {
  return one.state !== 'idle';
}

/**
 * The rows of the two versions when they were compared; nothing while they weren't. Of the contents,
 * which are compared too, the API tells in `error`.
 */
export function verified(one: Projection): { asMany: boolean; live: number; fresh: number } | null {
  if (one.live_rows === null || one.new_rows === null) return null;
  return { asMany: one.live_rows === one.new_rows, live: one.live_rows, fresh: one.new_rows };
}

/** What waits in the shop's own tables changes without a word in /events: it is asked for, too. */
export const ASK_EVERY_MS = 30_000;
