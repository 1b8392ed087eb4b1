import { fileURLToPath } from "node:url";
import { FixedThreadPool } from "poolifier";
import { serve } from "./driver.mjs";
import { promisePool } from "./promise-pool.mjs";

const script = fileURLToPath(new URL("./poolifier-worker.mjs", import.meta.url));
let pool;
let name;

await serve({
  ...promisePool((value) => pool.execute(value, name)),
  async open({ task, workers }) {
    name = task;
    // Without a queue a task goes to a worker at once, which is fastest for equal tasks; a queue serves unequal ones.
    const tasksQueueOptions = { concurrency: 1 };
    const enableTasksQueue = task === "sleep";
    pool = new FixedThreadPool(workers, script, { enableTasksQueue, tasksQueueOptions });
  },
  close: () => pool?.destroy(),
});
