// What the API tells about templates, spelled as in its schemas.
import type { Shown } from '../notifications/model';

export interface TemplateText {
  title: string;
  body: string;
  html?: string | null;
  push?: Partial<Record<'title' | 'body', string>>;
  email?: Partial<Record<'title' | 'body' | 'html', string>>;
}

export interface Variable {
  type: string;
  required?: boolean;
  max_length?: number;
  sample?: unknown;
}

export interface TemplateItem {
  key: string;
  version: number;
  locales: string[];
  created_at: string;
  created_by?: string | null;
}

export interface Template {
  key: string;
  version: number;
  newest: number;
  texts: Record<string, TemplateText>;
  variables: Record<string, Variable>;
  versions: { version: number; created_at: string; created_by?: string | null }[];
  created_at: string;
  allowed_actions: string[];
}

export type TemplatePreview = Shown;
