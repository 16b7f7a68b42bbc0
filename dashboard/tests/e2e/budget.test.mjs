// How much the page weighs, and how quick it is. Weights and rows are held; times are told, with their
// goals, for a shared machine decides them too.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { launch } from './browser.mjs';
import { DIST, fixtures, REAL, visit } from './stage.mjs';

const skip = REAL ? 'measured with fixtures' : false;
const KB = 1024;
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

function weight(extension) {
  const directory = join(DIST, 'assets');
  return readdirSync(directory).filter((file) => file.endsWith(extension))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(directory, file)), { level: 9 }).length, 0);
}

test('all scripts together, both languages included, are at most 300 KB', () => {
  assert.ok(weight('.js') <= 300 * KB, `${weight('.js')} bytes`);
});

test('the styles are at most 20 KB', () => {
  assert.ok(weight('.css') <= 20 * KB, `${weight('.css')} bytes`);
});

/** The quickest of a few tries: others may be using the machine. */
async function best(tries, limit, run) {
  let least = Infinity;
  for (let each = 0; each < tries && least > limit; ++each) least = Math.min(least, await run());
  return least;
}

test('the page is painted (goal: within a second)', { skip }, async (t) => {
  const server = await fixtures();
  const time = await best(5, 1000, async () => {
    const { context, page } = await visit(browser, server.url, '/', { now: null });
    const painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
    await context.close();
    return painted ?? Infinity;
  });
  await server.close();
  t.diagnostic(`first paint after ${Math.round(time)} ms`);
  assert.ok(Number.isFinite(time), 'the page was painted');
});

test('with ten thousand rows loaded few are drawn, and choosing one answers (goal: within 100 ms)', { skip }, async (t) => {
  const server = await fixtures({
    jobs: 10_000,
    // The API gives 200 at most; the point here is what the page does with many.
    routes: { 'GET /jobs': ({ world }) => ({ items: world.jobs, next: null }) },
  });
  const { context, page } = await visit(browser, server.url, '/jobs', { now: null });
  await page.locator('tbody input[type=checkbox]').first().waitFor();
  await page.waitForTimeout(1500);
  const rows = await page.locator('tbody tr.row').count();
  assert.ok(rows < 1000, `${rows} rows are drawn`);
  const time = await best(7, 100, () => page.evaluate(() => new Promise((resolve) => {
    const box = document.querySelectorAll('tbody input[type=checkbox]')[3];
    const from = performance.now();
    box.click();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from)));
  })));
  await context.close();
  await server.close();
  t.diagnostic(`a choice is drawn after ${Math.round(time)} ms`);
  assert.ok(Number.isFinite(time), 'the choice was drawn');
});
