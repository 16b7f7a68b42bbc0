// pg-boss as a peer: `node pgboss.mjs migrate|drain URL [JOBS] [batch|single]`.
//
// The protocol is that of graphile.mjs. `batch` fetches and completes 1,000 jobs at a time in two
// loops, the fastest way it offers; `single` one job at a time in ten. Its own polling workers
// sleep half a second between batches, so the loops call fetch and complete themselves.
import { readFileSync } from "node:fs";
import PgBoss from "pg-boss";
import pg from "pg";

const [role, url, jobsText, profile] = process.argv.slice(2);
const jobs = Number(jobsText);
const options = { connectionString: url, supervise: false, schedule: false, max: 12 };

const peakKilobytes = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);

async function drain() {
  const boss = new PgBoss({ ...options, migrate: false });
  boss.on("error", (error) => console.error(error));
  const cpuBefore = process.cpuUsage();
  const began = process.hrtime.bigint();
  await boss.start();
  let handled = 0;
  const batchSize = profile === "batch" ? 1000 : 1;
  const loop = async () => {
    while (handled < jobs) {
      const found = await boss.fetch("noop", { batchSize });
      if (found.length === 0) continue;
      handled += found.length;
      await boss.complete("noop", found.map((job) => job.id));
    }
  };
  await Promise.all(Array.from({ length: profile === "batch" ? 2 : 10 }, loop));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const cpu = process.cpuUsage(cpuBefore);
  console.log(`RESULT ${seconds} ${peakKilobytes()} ${(cpu.user + cpu.system) / 1e6}`);
  await new Promise((resolve) => process.stdin.on("end", resolve).resume());
  await boss.stop({ graceful: false });
}

async function migrate() {
  const boss = new PgBoss(options);
  await boss.start();
  await boss.createQueue("noop");
  await boss.stop({ graceful: false });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("VACUUM");
  await client.end();
}

if (role === "migrate") await migrate();
else if (role === "drain") await drain();
else throw new Error(`unknown role ${role}`);
process.exit(0);
