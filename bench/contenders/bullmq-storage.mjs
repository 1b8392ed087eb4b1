// BullMQ: jobs added here, processed by a worker process.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Queue, QueueEvents } from "bullmq";
import { serve } from "./driver.mjs";

const BULK = 1000;
const connection = { host: "127.0.0.1", port: Number(process.env.BENCH_REDIS_PORT) };
const script = fileURLToPath(new URL("./bullmq-worker.mjs", import.meta.url));
const name = `bench-${process.pid}`;
let worker;
let queue;
let events;

await serve({
  async open() {
    queue = new Queue(name, { connection, streams: { events: { maxLen: 2_000_000 } } });
    events = new QueueEvents(name, { connection });
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
    worker = fork(script, [name, "echo"]);
    await once(worker, "message");
  },
  async close() {
    worker.kill("SIGKILL");
    await events.close();
    await queue.close();
  },
  async queue(items) {
    let left = items.length;
    const done = new Promise((resolve) => {
      events.on("completed", function listener() {
        left -= 1;
        if (left > 0) return;
        events.off("completed", listener);
        resolve();
      });
    });
    for (let start = 0; start < items.length; start += BULK) {
      const bulk = items.slice(start, start + BULK);
      await queue.addBulk(bulk.map((data) => ({ name: "job", data, opts: {} })));
    }
    await done;
  },
});
