// The notification and content side's pages.
import type { PageDefinition } from '../app/pages';

export const contentPages: readonly PageDefinition[] = [
  {
    path: '/notifications',
    permissions: ['notifications.view'],
    load: () => import('./notifications/notifications-page'),
    nav: { group: 'messages', icon: 'notifications', label: 'nav.notifications' },
  },
  {
    path: '/notifications/:id',
    permissions: ['notifications.view'],
    load: () => import('./notifications/notification-page'),
  },
  {
    path: '/resends',
    permissions: ['notifications.view'],
    load: () => import('./resend/resends-page'),
    nav: { group: 'messages', icon: 'send', label: 'nav.resends' },
  },
  {
    path: '/resends/:id',
    permissions: ['notifications.view'],
    load: () => import('./resend/resend-page'),
  },
  {
    path: '/resend',
    permissions: ['notifications.resend'],
    load: () => import('./resend/flow-page'),
  },
  {
    path: '/broadcasts',
    permissions: ['notifications.view'],
    load: () => import('./broadcasts/broadcasts-page'),
    nav: { group: 'messages', icon: 'broadcasts', label: 'nav.broadcasts' },
  },
  {
    path: '/broadcasts/new',
    permissions: ['broadcasts.send'],
    load: () => import('./broadcasts/compose-page'),
  },
  {
    path: '/broadcasts/:id',
    permissions: ['notifications.view'],
    load: () => import('./broadcasts/broadcast-page'),
  },
  {
    path: '/templates',
    permissions: ['notifications.view'],
    load: () => import('./templates/templates-page'),
    nav: { group: 'messages', icon: 'templates', label: 'nav.templates' },
  },
  {
    path: '/templates/:key',
    permissions: ['notifications.view'],
    load: () => import('./templates/template-page'),
  },
  {
    path: '/users',
    permissions: ['devices.view'],
    load: () => import('./users/users-page'),
    nav: { group: 'messages', icon: 'users', label: 'nav.users' },
  },
  {
    path: '/users/:id',
    permissions: ['devices.view'],
    load: () => import('./users/user-page'),
  },
  {
    path: '/translations',
    permissions: ['translations.view'],
    load: () => import('./translations/reviews-page'),
    nav: { group: 'content', icon: 'translations', label: 'nav.translations' },
  },
  {
    path: '/translations/work/:tab',
    permissions: ['translations.view'],
    load: () => import('./translations/work-page'),
  },
  {
    path: '/translations/entities/:type/:id',
    permissions: ['translations.view'],
    load: () => import('./translations/entity-page'),
  },
  {
    path: '/media',
    permissions: ['media.view'],
    load: () => import('./media/media-page'),
    nav: { group: 'content', icon: 'media', label: 'nav.media' },
  },
  {
    path: '/media/:id',
    permissions: ['media.view'],
    load: () => import('./media/set-page'),
  },
  {
    path: '/webhooks',
    permissions: ['webhooks.view'],
    load: () => import('./webhooks/webhooks-page'),
    nav: { group: 'content', icon: 'webhooks', label: 'nav.webhooks' },
  },
  {
    path: '/webhooks/:name',
    permissions: ['webhooks.view'],
    load: () => import('./webhooks/webhook-page'),
  },
  {
    path: '/shop',
    permissions: ['commerce.view'],
    load: () => import('./shop/streams-page'),
    nav: { group: 'content', icon: 'shop', label: 'nav.shop' },
  },
  {
    path: '/shop/streams/:stream',
    permissions: ['commerce.view'],
    load: () => import('./shop/stream-page'),
  },
  {
    path: '/shop/projections',
    permissions: ['commerce.view'],
    load: () => import('./shop/projections-page'),
  },
  {
    path: '/shop/payments',
    permissions: ['commerce.view'],
    load: () => import('./shop/payments-page'),
  },
];
