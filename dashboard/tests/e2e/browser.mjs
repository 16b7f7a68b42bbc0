// Headless Chromium as the flows need it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** `env`: more for the browser's environment. */
export function launch(env = {}) {
  return chromium.launch({
    executablePath: process.env['BARID_CHROMIUM'] ?? '/usr/bin/chromium',
    headless: true,
    // Empty date fields speak the browser's language, whatever the page's is.
    env: { ...process.env, LANGUAGE: 'en_US', ...env },
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export const VIEWS = {
  desktop: { width: 1360, height: 860 },
  phone: { width: 360, height: 740 },
};

/** A page with its language, theme and size; `failures` collects what no page may do. */
export async function open(browser, options) {
  const { language = 'en', theme = 'light', view = 'desktop', now = null } = options;
  const context = await browser.newContext({
    viewport: VIEWS[view],
    locale: language === 'ar' ? 'ar' : 'en-GB',
    timezoneId: 'Asia/Riyadh',
    hasTouch: view === 'phone',
    reducedMotion: 'reduce',
  });
  await context.addInitScript(([l, t]) => {
    // Only at first: a page may change them, and keep them over a reload.
    if (localStorage.getItem('barid.language') === null) localStorage.setItem('barid.language', l);
    if (localStorage.getItem('barid.theme') === null) localStorage.setItem('barid.theme', t);
  }, [language, theme]);
  // Long enough for a busy machine, short enough to see a failure.
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  if (now !== null) await page.clock.setFixedTime(now);
  const failures = [];
  page.on('pageerror', (error) => failures.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // Chromium notes each refused request; the flows refuse some on purpose.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) {
      failures.push(`console: ${message.text()}`);
    }
  });
  return { context, page, failures };
}

/** Serious findings of axe. It runs by the debugger: the page's policy lets no script in. */
export async function axe(page) {
  const session = await page.context().newCDPSession(page);
  const run = async (expression) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression, awaitPromise: true, returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await run(`${AXE}; 0`);
  const found = await run(`axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + n.failureSummary).join(' | ')))`);
  await session.detach();
  return found;
}

/** What sticks out of the page sideways; nothing may. */
export function overflow(page) {
  return page.evaluate(() => {
    const root = document.documentElement;
    return root.scrollWidth > root.clientWidth ? root.scrollWidth - root.clientWidth : 0;
  });
}
