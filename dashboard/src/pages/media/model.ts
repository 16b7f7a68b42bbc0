// What the API tells about picture sets, spelled as in its schemas.

export interface MediaFile {
  width: number;
  height: number;
  format: string;
  content_type?: string;
  bytes: number;
  key: string;
  /** null where it can't be signed. */
  url: string | null;
}

export interface MediaEntity {
  entity: string;
  slot: string;
  attached_at: string;
  job_id: number | null;
  source: { kind: string; at: string } | null;
}

export interface MediaItem {
  id: number;
  state: string;
  recipe: string;
  recipe_hash: string;
  source_hash: string;
  store: string;
  private: boolean;
  source_format: string | null;
  source_width: number | null;
  source_height: number | null;
  thumbhash: string | null;
  dominant: string | null;
  focal: { x: number; y: number } | null;
  entities: MediaEntity[];
  entities_capped: boolean;
  files: number;
  bytes: number;
  preview: MediaFile | null;
  urls_expire_at: string | null;
  created_at: string;
  completed_at: string | null;
  unattached_since: string | null;
  allowed_actions: string[];
}

export interface MediaSet extends MediaItem {
  variants: MediaFile[];
  jobs: {
    id: number;
    kind: string;
    state: string;
    attempt: number;
    max_attempts: number;
    created_at: string;
    finished_at: string | null;
    error: string | null;
  }[];
}
