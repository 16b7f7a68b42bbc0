// Runs every *.test.mjs below this directory in headless Chromium, one file after the other.
//
//     node tests/e2e/run.mjs [FILE…]
//
// BARID_DASHBOARD_DIST  the built page (dist)
// BARID_CHROMIUM        the browser (/usr/bin/chromium)
// BARID_E2E_URL         a server to test instead of fixtures, e.g. http://127.0.0.1:8787; with
// BARID_E2E_TOKEN       a token of it. What needs fixtures is skipped then.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

function tests(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return tests(path);
    return entry.name.endsWith('.test.mjs') ? [path] : [];
  });
}

const files = process.argv.length > 2 ? process.argv.slice(2) : tests(here).sort();
let failed = 0;
for (const file of files) {
  const { status } = spawnSync(process.execPath, ['--test', file], { stdio: 'inherit' });
  if (status !== 0) ++failed;
}
process.exit(failed === 0 ? 0 : 1);
