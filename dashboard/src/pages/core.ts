// The queue side's pages and what belongs to everybody.
import type { PageDefinition } from '../app/pages';

const JOBS = ['jobs.view'];

export const corePages: readonly PageDefinition[] = [
  {
    path: '/',
    permissions: JOBS,
    load: () => import('./overview/overview-page'),
    nav: { group: 'top', icon: 'overview', label: 'nav.overview' },
  },
  {
    path: '/timeline',
    permissions: JOBS,
    load: () => import('./timeline/timeline-page'),
    nav: { group: 'top', icon: 'timeline', label: 'nav.timeline' },
  },
  {
    path: '/jobs',
    permissions: JOBS,
    load: () => import('./jobs/jobs-page'),
    nav: { group: 'work', icon: 'jobs', label: 'nav.jobs' },
  },
  { path: '/jobs/:id', permissions: JOBS, load: () => import('./jobs/job-page') },
  {
    path: '/dead-letters',
    permissions: JOBS,
    load: () => import('./dead-letters/dead-letters-page'),
    nav: { group: 'work', icon: 'dead', label: 'nav.dead_letters' },
  },
  {
    path: '/queues',
    permissions: JOBS,
    load: () => import('./queues/queues-page'),
    nav: { group: 'work', icon: 'queues', label: 'nav.queues' },
  },
  {
    path: '/schedules',
    permissions: JOBS,
    load: () => import('./schedules/schedules-page'),
    nav: { group: 'work', icon: 'schedules', label: 'nav.schedules' },
  },
  { path: '/schedules/:name', permissions: JOBS, load: () => import('./schedules/schedule-page') },
  {
    path: '/bulk',
    permissions: JOBS,
    load: () => import('./bulk/bulk-list-page'),
    nav: { group: 'work', icon: 'bulk', label: 'nav.bulk' },
  },
  { path: '/bulk/:id', permissions: JOBS, load: () => import('./bulk/bulk-page') },
  {
    path: '/workers',
    permissions: JOBS,
    load: () => import('./workers/workers-page'),
    nav: { group: 'work', icon: 'workers', label: 'nav.workers' },
  },
  {
    path: '/audit',
    permissions: ['audit.view'],
    load: () => import('./audit/audit-page'),
    nav: { group: 'system', icon: 'audit', label: 'nav.audit' },
  },
  {
    path: '/settings',
    load: () => import('./settings/settings-page'),
    nav: { group: 'system', icon: 'settings', label: 'nav.settings' },
  },
];
