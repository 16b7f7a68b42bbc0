// What the API tells about templates, spelled as in its schemas.

export type TextChannel = '*' | 'push' | 'email';

/** '*': for each channel that has no text of its own. */
export interface TemplateText {
  channel: TextChannel;
  locale: string;
  dir?: 'ltr' | 'rtl';
  title: string;
  body: string;
  html: string | null;
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
  channels: string[];
  variables: string[];
  created_at: string;
  allowed_actions: string[];
}

export interface Template {
  key: string;
  version: number;
  newest: number;
  texts: TemplateText[];
  variables: Record<string, Variable>;
  created_at: string;
  allowed_actions: string[];
}

export interface TemplatePreview {
  locale: string;
  dir: 'ltr' | 'rtl';
  channel: string;
  title: string;
  body: string;
  html: string | null;
  image: string | null;
  problems: { at: string; problem: string }[];
}
