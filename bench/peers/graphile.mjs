// graphile-worker as a peer: `node graphile.mjs migrate|drain|latency URL [JOBS] [tuned|default]`.
//
// The protocol is that of `barid_bench --role`: drain prints `RESULT seconds rss_kb cpu_s` when
// its table is empty, then waits for the end of its input; latency prints READY, and after JOBS
// jobs one line `seq nanoseconds` each (CLOCK_MONOTONIC at the handler's start), then END.
import { readFileSync } from "node:fs";
import { Logger, run, runMigrations } from "graphile-worker";
import pg from "pg";

const [role, url, jobsText, profile] = process.argv.slice(2);
const jobs = Number(jobsText);
const quiet = new Logger(() => () => {});

// Its settings for throughput; GRAPHILE_CONCURRENCY tries another number at once than 24.
const tuned = {
  concurrentJobs: 24,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};
const defaults = { concurrentJobs: 10 };
const concurrency = process.env.GRAPHILE_CONCURRENCY;
const worker = { ...(profile === "tuned" ? tuned : defaults) };
if (concurrency) worker.concurrentJobs = Number(concurrency);

const peakKilobytes = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);

const start = (task) =>
  run({
    connectionString: url,
    taskList: { noop: task },
    logger: quiet,
    noHandleSignals: true,
    preset: { worker },
  });

async function drain() {
  const watcher = new pg.Client({ connectionString: url, application_name: "bench watch" });
  await watcher.connect();
  let handled = 0;
  let allHandled;
  const last = new Promise((resolve) => (allHandled = resolve));
  const cpuBefore = process.cpuUsage();
  const began = process.hrtime.bigint();
  const runner = await start(async () => {
    if (++handled === jobs) allHandled();
  });
  await last;
  const remaining = "SELECT EXISTS (SELECT FROM graphile_worker._private_jobs) AS left";
  while ((await watcher.query(remaining)).rows[0].left) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const cpu = process.cpuUsage(cpuBefore);
  console.log(`RESULT ${seconds} ${peakKilobytes()} ${(cpu.user + cpu.system) / 1e6}`);
  await new Promise((resolve) => process.stdin.on("end", resolve).resume());
  await runner.stop();
  await watcher.end();
}

async function latency() {
  const starts = [];
  let allHandled;
  const last = new Promise((resolve) => (allHandled = resolve));
  const runner = await start(async (payload) => {
    starts.push([payload.n, process.hrtime.bigint()]);
    if (starts.length === jobs) allHandled();
  });
  console.log("READY");
  await last;
  for (const [n, at] of starts) console.log(`${n} ${at}`);
  console.log("END");
  await runner.stop();
}

if (role === "migrate") await runMigrations({ connectionString: url, logger: quiet });
else if (role === "drain") await drain();
else if (role === "latency") await latency();
else throw new Error(`unknown role ${role}`);
process.exit(0);
