// What the API tells about a user, spelled as in its schemas.

export interface UserItem {
  user_id: string;
  locale: string | null;
  tz: string | null;
  devices?: number;
  created_at?: string;
}

export interface Device {
  id: number;
  platform: string | null;
  app_version: string | null;
  state: string;
  /** The last six characters. */
  token: string;
  last_registered_at: string | null;
  last_ok_at?: string | null;
  allowed_actions: string[];
}

export interface Preference {
  /** '*': all. */
  category: string;
  channel: string;
  enabled: boolean;
  updated_at?: string;
  updated_by?: string | null;
}

export interface QuietWindow {
  start: string;
  end: string;
  days?: string[] | null;
}

export interface User {
  user_id: string;
  locale: string | null;
  tz: string | null;
  contact: { email: string; suppressed: { cause: string; since: string } | null } | null;
  devices: Device[];
  preferences: Preference[];
  quiet_hours: QuietWindow[];
  unread: number | null;
  allowed_actions: string[];
}

export interface Category {
  key: string;
  critical: boolean;
  default_enabled: boolean;
  channels: string[];
}
