// What a flow needs: a server, a browser and a signed-in page.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { open } from './browser.mjs';
import { coreRoutes, coreWorld, NOW } from './fixtures/core.mjs';
import { serve } from './fixtures/http.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const DIST = process.env['BARID_DASHBOARD_DIST'] ?? `${root}dist`;
export const REAL = process.env['BARID_E2E_URL'] ?? null;

export function fixtures(options = {}) {
  return serve({
    dist: DIST,
    policy: readFileSync(`${root}csp.txt`, 'utf8').trim(),
    routes: { ...coreRoutes, ...options.routes },
    world: coreWorld(options),
  });
}

/** A page at `path`; `close` ends it and says what went wrong on it. */
export async function visit(browser, url, path, options = {}) {
  const staged = await open(browser, { now: REAL ? null : NOW, ...options });
  const token = process.env['BARID_E2E_TOKEN'];
  if (REAL && token) {
    await staged.context.addInitScript((value) => sessionStorage.setItem('barid.token', value), token);
  }
  await staged.page.goto(`${url}/admin${path}`);
  await staged.page.waitForSelector('main h1');
  return staged;
}
