// What the API tells about translations, spelled as in its schemas.

export type Lang = 'en' | 'ar';
export type ReviewState = 'open' | 'approved' | 'rejected' | 'superseded';

export interface ReviewItem {
  id: number;
  entity_type: string;
  entity_id: string;
  field: string;
  source_lang: Lang;
  /** Of the translation. */
  lang: Lang;
  format: 'text' | 'html';
  reason: string;
  detail: string;
  state: ReviewState;
  provider: string | null;
  source_text: string;
  suggestion: string | null;
  current_text: string | null;
  current_origin: 'memory' | 'provider' | 'human' | null;
  clipped: boolean;
  outdated: boolean;
  created_at: string;
  resolved_at: string | null;
  resolved_by: string | null;
  note: string | null;
  /** Of what was seen; a decision names it. */
  version: string;
  allowed_actions: string[];
}

export interface Finding {
  reason: string;
  detail: string;
  side: 'source' | 'text';
  /** In code points. */
  at: number;
  length: number;
  excerpt: string;
}

export interface Similar {
  source_text: string;
  text: string;
  provider: string;
  similarity: number;
}

export interface Review extends ReviewItem {
  newest_source_text: string | null;
  translation_state: string | null;
  written_by: string | null;
  write_error: string | null;
  attached_table: string | null;
  similar: Similar[];
  other_fields: {
    field: string;
    lang: Lang;
    source_text: string | null;
    text: string | null;
    origin: string | null;
    state: string;
  }[];
  findings: Finding[];
}

export interface AcceptManyPreview {
  matched: { count: number; capped: boolean };
  upper_id: number | null;
  seen_at: string;
  sample: ReviewItem[];
}

export interface AcceptManyResult {
  accepted: number;
  skipped: number;
  outcomes: { id: number; outcome: string; detail: string | null }[];
}

export interface EntityText {
  field: string;
  source_lang: Lang | null;
  lang: Lang;
  state: string;
  origin: string | null;
  provider: string | null;
  written_by: string | null;
  source_text: string | null;
  text: string | null;
  suggestion: string | null;
  clipped: boolean;
  review_id: number | null;
  review_reason: string | null;
  write_error: string | null;
  job_id: number | null;
  updated_at: string;
}

export interface Entity {
  entity_type: string;
  entity_id: string;
  attached: { table: string; write_back: string; queue: string } | null;
  texts: EntityText[];
}

export interface Provider {
  name: string;
  paused: boolean;
  paused_until: string | null;
  pause_kind: string | null;
  pause_reason: string | null;
  failures: number;
  characters_today: number;
  daily_characters: number | null;
  allowed_actions: string[];
}

export interface Backfill {
  id: number;
  entity_type: string;
  state: string;
  total: number | null;
  seen: number;
  enqueued: number;
  in_flight: number;
  progress: number | null;
  estimated_end: string | null;
  actor: string | null;
  changed_by: string | null;
  error: string | null;
  started_at: string;
  finished_at: string | null;
  job_id: number | null;
  allowed_actions: string[];
}

export interface Cost {
  days: number;
  items: { day: string; provider: string; requests: number; characters: number; errors: number; cost: number }[];
  providers: { provider: string; requests: number; characters: number; errors: number; cost: number }[];
  total: { requests: number; characters: number; cost: number };
}
