// What a hand-written pool could reach: two forks, batches of 256 as JSON, no retries, no limits, no back-pressure.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { serve } from "./driver.mjs";
import { batchedPool } from "./promise-pool.mjs";

const script = fileURLToPath(new URL("./control-worker.mjs", import.meta.url));
const waiting = new Map();
let workers = [];
let sent = 0;

await serve({
  ...batchedPool(run, 256),
  async open(options) {
    workers = Array.from({ length: options.workers }, () => fork(script));
    for (const worker of workers) worker.on("message", settle);
  },
  close() {
    for (const worker of workers) worker.kill();
  },
});

function run(batch) {
  const id = sent++;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    workers[id % workers.length].send([id, batch]);
  });
}

function settle([id, results]) {
  waiting.get(id)(results);
  waiting.delete(id);
}
