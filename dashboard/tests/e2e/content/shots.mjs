// Pictures of every page of messages and content, to be looked at:
//   node tests/e2e/content/shots.mjs DIST OUT [name…]
import { mkdir, readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { BROADCAST, DRAFT, NOTIFICATION } from './fixtures.mjs';
import { newWorld, serve } from './server.mjs';

export const PAGES = {
  notifications: '/notifications',
  notification: `/notifications/${NOTIFICATION}`,
  'resend-find': `/resend?notification=${NOTIFICATION}`,
  'resend-mode': '/resend?since=2026-11-22T02:00&until=2026-11-22T03:00&step=mode&mode=all&accepted=1&override=1',
  'resend-check': '/resend?since=2026-11-22T02:00&until=2026-11-22T03:00&step=check&key=k1',
  resends: '/resends',
  resend: '/resends/7',
  reviews: '/translations?review=17',
  'reviews-en': '/translations?review=19',
  backfills: '/translations/work/backfills',
  providers: '/translations/work/providers',
  cost: '/translations/work/cost',
  entity: '/translations/entities/product/42',
  broadcasts: '/broadcasts',
  'broadcast-new': '/broadcasts/new',
  broadcast: `/broadcasts/${BROADCAST}`,
  'broadcast-draft': `/broadcasts/${DRAFT}`,
  templates: '/templates',
  template: '/templates/order.shipped',
  users: '/users?search=noura',
  user: '/users/noura',
  media: '/media',
  'media-set': '/media/7',
  webhooks: '/webhooks',
  webhook: '/webhooks/orders',
};

const [dist, out, ...names] = process.argv.slice(2);
if (dist && out) {
  await mkdir(out, { recursive: true });
  const csp = (await readFile(new URL('../../../csp.txt', import.meta.url), 'utf8')).trim().replace("'sha256-REACT-ARIA'", "'unsafe-inline'");
  const server = await serve(dist, csp, newWorld());
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  const variants = (process.env.VARIANTS ?? 'en,ar').split(',');
  for (const variant of variants) {
    const [language, theme = 'light', width = 'wide'] = variant.split('-');
    const context = await browser.newContext({
      viewport: width === 'phone' ? { width: 360, height: 780 } : { width: 1360, height: 900 }, timezoneId: 'Asia/Riyadh',
    });
    await context.clock.setFixedTime(new Date('2026-11-22T12:00:00Z'));
    await context.addInitScript(([l, t]) => {
      localStorage.setItem('barid.language', l);
      localStorage.setItem('barid.theme', t);
    }, [language, theme]);
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && console.log(variant, message.text().slice(0, 300)));
    page.on('pageerror', (error) => console.log(variant, 'ERROR', error.message.slice(0, 300)));
    for (const [name, path] of Object.entries(PAGES)) {
      if (names.length > 0 && !names.includes(name)) continue;
      await page.goto(`${server.url}/admin${path}`);
      await page.waitForSelector('h1');
      await page.waitForFunction(() => !document.querySelector('.skeleton'), null, { timeout: 8000 }).catch(() => console.log(name, 'still loading'));
      await page.waitForTimeout(250);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) console.log(variant, name, `overflows by ${wide}px`);
      await page.screenshot({ path: `${out}/${name}.${variant}.png`, fullPage: true });
    }
    await context.close();
  }
  await browser.close();
  server.close();
}
