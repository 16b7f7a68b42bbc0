// The real program, `barid dev --demo`, with a shop's day in its database, for the flows.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAM = resolve(process.env['BARID_PROGRAM'] ?? '../build/dev/worker/barid');
const START_LIMIT_MS = 240_000;

/** Every BARID_… variable is a setting to the program, but for these tests' own. */
function quietEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('BARID_')));
}

function sqlOf(database) {
  return async (text) => {
    const { stdout } = await run('psql', [database, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', text]);
    return stdout.trim().split('\n')[0] ?? '';
  };
}

/** `barid …` on that database; the last line of its output. */
function commandOf(database) {
  return async (words) => {
    const env = { ...quietEnvironment(), BARID_DATABASE_URL: database };
    const { stdout } = await run(PROGRAM, words, { env });
    return stdout.trim().split('\n').at(-1) ?? '';
  };
}

/**
 * Starts it and waits until it says that it is running. `stop()` leaves nothing behind.
 * BARID_E2E_LIVE="ORIGIN LOGIN PASSWORD DATABASE_URL" takes one that runs already.
 */
export async function startBarid() {
  const running = process.env['BARID_E2E_LIVE'];
  if (running) {
    const [origin, login, password, database] = running.split(' ');
    return { origin, login, password, sql: sqlOf(database), command: commandOf(database), stop: async () => {} };
  }
  const scratch = mkdtempSync(join(tmpdir(), 'barid-e2e-'));
  run('chmod', ['755', scratch]);
  const child = spawn(PROGRAM, ['dev', '--demo'], {
    env: { ...quietEnvironment(), TMPDIR: scratch, BARID_ADMIN_RATE_LIMIT: '1000' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise((done) => child.once('exit', done));
  const said = (pattern) => new Promise((done, failed) => {
    const look = () => pattern.exec(output) && done(pattern.exec(output));
    const timer = setTimeout(() => failed(new Error(`barid dev never said ${pattern}:\n${output}`)), START_LIMIT_MS);
    timer.unref();
    const hear = (chunk) => { output += chunk; look(); };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    look();
    ended.then((code) => failed(new Error(`barid dev ended with ${code}:\n${output}`)));
  });
  const [, origin, login, password] =
    await said(/dashboard {2}(http:\S+?)\/admin\/ +sign in as (\S+) with (\S+)/);
  const [, database] = await said(/database {3}(postgresql:\S+)/);
  return {
    origin,
    login,
    password,
    /** The first column of the first row. */
    sql: sqlOf(database),
    command: commandOf(database),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
