// Pictures of every page of messages and content, to be looked at:
//   node tests/e2e/content/shots.mjs DIST OUT [name…]
import { mkdir, readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { PAGES } from './pages.mjs';
import { newWorld, serve } from './server.mjs';

const [dist, out, ...names] = process.argv.slice(2);
if (dist && out) {
  await mkdir(out, { recursive: true });
  const csp = (await readFile(new URL('../../../csp.txt', import.meta.url), 'utf8')).trim();
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
