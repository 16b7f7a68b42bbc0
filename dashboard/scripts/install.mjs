// npm ci, unless what is installed is what the lock file says. Called by CMake when it configures.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.barid-lock`;
const wanted = createHash('sha256').update(readFileSync(`${root}package-lock.json`)).digest('hex');

if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) process.exit(0);
// No package may run a script at its installation; none of ours needs one.
const run = spawnSync('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-fund', '--no-audit'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (run.status !== 0) process.exit(run.status ?? 1);
writeFileSync(stamp, wanted);
