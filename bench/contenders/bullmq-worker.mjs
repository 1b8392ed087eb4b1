import { Worker } from "bullmq";
import { TASKS } from "./tasks.mjs";

const [queue, task] = process.argv.slice(2);
const run = TASKS[task];
const connection = { host: "127.0.0.1", port: Number(process.env.BENCH_REDIS_PORT) };

const worker = new Worker(queue, async (job) => run(job.data, job.attemptsMade), {
  connection,
  concurrency: 50,
  // A killed worker's jobs are found after this long; the default, 30 s, would only make the wait longer.
  lockDuration: 3000,
  stalledInterval: 1000,
});
await worker.waitUntilReady();
process.send("ready");
