// Builds the page into a directory and packs it for embedding.
//
//     node scripts/build.mjs DIRECTORY
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = resolve(process.argv[2] ?? `${root}dist`);

function run(file, args) {
  const env = { ...process.env, BARID_DASHBOARD_OUT: out };
  const { status } = spawnSync(process.execPath, [file, ...args], { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run(`${root}node_modules/vite/bin/vite.js`, ['build', '--logLevel', 'warn']);
run(`${root}scripts/pack.mjs`, [out]);
