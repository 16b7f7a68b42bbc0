// The screens whose contents are the same each time, and how to get at them.
import { BROADCAST, NOTIFICATION } from './content/fixtures.mjs';

const WINDOW = 'since=2026-11-22T02:00&until=2026-11-22T03:00';
const BOTH = ['en', 'ar'];

export const LOOKS = {
  en: {},
  ar: { language: 'ar' },
  'en-dark': { theme: 'dark' },
  'ar-dark': { language: 'ar', theme: 'dark' },
  'en-phone': { view: 'phone' },
  'ar-phone': { language: 'ar', view: 'phone', theme: 'dark' },
};

const limits = async (page) => {
  await page.locator('.section-actions button').nth(1).click();
  await page.getByRole('dialog').waitFor();
};

const resume = async (page) => {
  await page.locator('.row-actions button, .section-actions button').last().click();
  await page.getByRole('alertdialog').waitFor();
};

/** `from`: whose fixtures; `ask`: opens a dialog; `world`: bends the fixtures; `top`: only what is in sight. */
export const SCREENS = {
  'sign-in': { from: 'core', path: '/', looks: ['en', 'ar-dark', 'ar-phone'], world: (world) => { world.signedIn = false; } },
  overview: { from: 'core', path: '/', looks: ['en', 'ar-dark'] },
  jobs: { from: 'core', path: '/jobs', looks: ['ar', 'en-phone'], top: true },
  job: { from: 'core', path: '/jobs/4811230', looks: ['en', 'ar', 'ar-dark', 'ar-phone'] },
  timeline: { from: 'core', path: '/timeline?tag=order:7004', looks: ['en', 'ar', 'ar-phone'] },
  limits: { from: 'core', path: '/queues', looks: ['en', 'ar-phone'], ask: limits, top: true },
  empty: { from: 'core', path: '/jobs?kind=none', looks: BOTH },
  missing: { from: 'core', path: '/jobs/1', looks: ['en'] },
  denied: { from: 'core', path: '/audit', looks: ['ar-dark'], world: (world) => { world.me.permissions = { 'jobs.view': { limited_to: null } }; } },
  phone: { from: 'content', path: `/notifications/${NOTIFICATION}`, looks: ['en', 'ar', 'en-dark', 'ar-phone'] },
  'resend-mode': { from: 'content', path: `/resend?${WINDOW}&step=mode&mode=all&accepted=1&override=1`, looks: BOTH },
  'resend-check': { from: 'content', path: `/resend?${WINDOW}&step=check&key=k1`, looks: [...BOTH, 'ar-phone'] },
  review: { from: 'content', path: '/translations?review=17', looks: BOTH },
  broadcast: { from: 'content', path: `/broadcasts/${BROADCAST}`, looks: ['ar-dark'] },
  template: { from: 'content', path: '/templates/order.shipped', looks: BOTH },
  media: { from: 'content', path: '/media/7', looks: ['ar'] },
  failed: { from: 'content', path: '/notifications', looks: ['ar'], world: (world) => { world.fail = { status: 503, code: 'too_slow' }; } },
  projections: { from: 'content', path: '/shop/projections', looks: ['en', 'ar-phone'] },
  payments: { from: 'content', path: '/shop/payments?order=7004', looks: ['ar', 'en-phone'] },
  resume: { from: 'content', path: '/shop/payments', looks: ['ar'], ask: resume, top: true },
};
