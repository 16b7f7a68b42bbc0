// Pictures of every screen, to be looked at: node tests/e2e/shots.mjs [OUT] [NAME…]
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch, open } from './browser.mjs';
import { coreRoutes, coreWorld, NOW } from './fixtures/core.mjs';
import { serve } from './fixtures/http.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [out = `${root}tests/e2e/out`, ...names] = process.argv.slice(2);
const SCREENS = {
  overview: '/', jobs: '/jobs', job: '/jobs/4811230', timeline: '/timeline?tag=order:7004', queues: '/queues',
  schedules: '/schedules', schedule: '/schedules/daily-digest', dead: '/dead-letters', workers: '/workers', audit: '/audit',
  settings: '/settings', bulk: '/bulk', empty: '/jobs?kind=none', missing: '/jobs/1', nowhere: '/nowhere',
};
const LOOKS = { en: {}, ar: { language: 'ar' }, dark: { language: 'ar', theme: 'dark' }, phone: { view: 'phone' }, phonear: { view: 'phone', language: 'ar', theme: 'dark' } };

const FULL = new Set(['overview', 'job', 'settings', 'timeline']);

mkdirSync(out, { recursive: true });
const server = await serve({
  dist: process.env['BARID_DASHBOARD_DIST'] ?? `${root}dist`,
  policy: readFileSync(`${root}csp.txt`, 'utf8').trim(),
  routes: coreRoutes,
  world: coreWorld(),
});
const browser = await launch();
for (const [look, options] of Object.entries(LOOKS)) {
  const { context, page, failures } = await open(browser, { ...options, now: NOW });
  for (const [name, path] of Object.entries(SCREENS)) {
    if (names.length > 0 && !names.includes(`${name}-${look}`)) continue;
    await page.goto(`${server.url}/admin${path}`);
    await page.waitForSelector('main h1');
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${out}/${name}-${look}.png`, fullPage: FULL.has(name) && options.view !== 'phone' });
  }
  if (failures.length > 0) console.log(look, [...new Set(failures)].join('\n'));
  await context.close();
}
await browser.close();
await server.close();
