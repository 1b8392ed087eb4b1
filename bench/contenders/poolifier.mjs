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
    // Only with both kinds of stealing does an idle worker take what waits behind a long task.
    const tasksQueueOptions = {
      concurrency: 1,
      taskStealing: true,
      tasksStealingOnBackPressure: true,
    };
    const enableTasksQueue = task === "sleep";
    pool = new FixedThreadPool(workers, script, { enableTasksQueue, tasksQueueOptions });
  },
  close: () => pool?.destroy(),
});
