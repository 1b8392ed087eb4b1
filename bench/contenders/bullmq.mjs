// A queue in Redis, two worker processes. Results stay in Redis, as those of Windlass stay in its store.
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Queue, QueueEvents } from "bullmq";
import { serve } from "./driver.mjs";

const BULK = 1000;
/** Ten times as long as it takes to find the jobs of a killed worker. */
const QUIET_MS = 30_000;
const connection = { host: "127.0.0.1", port: Number(process.env.BENCH_REDIS_PORT) };
const script = fileURLToPath(new URL("./bullmq-worker.mjs", import.meta.url));
const name = `bench-${process.pid}`;
let queue;
let events;
const workers = [];

await serve({
  async open(options) {
    // The default length of the event stream, 10,000, would drop events of a large batch.
    queue = new Queue(name, { connection, streams: { events: { maxLen: 2_000_000 } } });
    events = new QueueEvents(name, { connection });
    events.setMaxListeners(0);
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
    for (let count = 0; count < options.workers; count += 1) await startWorker(options.task);
  },
  async reset() {
    await queue.obliterate({ force: true });
  },
  async close() {
    for (const worker of workers) worker.removeAllListeners("exit").kill("SIGKILL");
    await events?.close();
    await queue?.close();
  },
  async call(value) {
    const job = await queue.add("job", value);
    return await job.waitUntilFinished(events);
  },
  async durable(items, check) {
    const results = new Map();
    const all = completions(items.length, ({ jobId, returnvalue }) => {
      results.set(jobId, returnvalue);
    });
    const jobs = await addAll(items);
    await all;
    jobs.forEach((job, index) => {
      check(results.get(job.id), index);
    });
  },
  async faults(items, { done }) {
    const all = completions(items.length, ({ returnvalue }) => done(returnvalue));
    await addAll(items, { attempts: 3 });
    await Promise.race([all, quiet()]);
  },
});

/** Calls `each` for every completed job until there were that many. */
function completions(count, each) {
  let left = count;
  return new Promise((resolve) => {
    events.on("completed", function listener(event) {
      each(event);
      left -= 1;
      if (left > 0) return;
      events.off("completed", listener);
      resolve();
    });
  });
}

/** Resolves when no job has completed for a while: those that are left are lost. */
async function quiet() {
  let last = -1;
  for (;;) {
    const completed = await queue.getCompletedCount();
    if (completed === last) return;
    last = completed;
    await setTimeout(QUIET_MS);
  }
}

async function addAll(items, opts = {}) {
  const jobs = [];
  for (let start = 0; start < items.length; start += BULK) {
    const bulk = items.slice(start, start + BULK);
    jobs.push(...(await queue.addBulk(bulk.map((data) => ({ name: "job", data, opts })))));
  }
  return jobs;
}

/** Starts a worker, and another when it dies, as a supervisor does in production. */
async function startWorker(task) {
  const worker = fork(script, [name, task]);
  workers.push(worker);
  worker.on("exit", () => startWorker(task));
  await once(worker, "message");
}
