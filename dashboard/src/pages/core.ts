// The queue side's pages and what belongs to everybody.
import type { PageDefinition } from '../app/pages';

export const corePages: readonly PageDefinition[] = [
  {
    path: '/jobs',
    permissions: ['jobs.view'],
    load: () => import('./jobs/jobs-page'),
    nav: { group: 'work', icon: 'jobs', label: 'nav.jobs' },
  },
];
