// Every page once: where it is, who may see it, where it stands in the navigation.
import type { ComponentType } from 'react';
import type { IconName } from '../ui/icon';

export type NavGroup = 'top' | 'work' | 'messages' | 'content' | 'system';

/** In the navigation's order. */
export const NAV_GROUPS: readonly NavGroup[] = ['top', 'work', 'messages', 'content', 'system'];

export interface PageDefinition {
  /** Below /admin: "/jobs/:id". */
  path: string;
  /** Any one of them; none: everybody who is signed in. */
  permissions?: readonly string[];
  load: () => Promise<{ default: ComponentType }>;
  nav?: { group: NavGroup; icon: IconName; /** message id */ label: string };
}
