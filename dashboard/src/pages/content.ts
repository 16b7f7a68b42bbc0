// The notification and content side's pages.
import type { PageDefinition } from '../app/pages';

export const contentPages: readonly PageDefinition[] = [];
