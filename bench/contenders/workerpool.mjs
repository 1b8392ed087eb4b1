import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import { serve } from "./driver.mjs";
import { promisePool } from "./promise-pool.mjs";

const script = fileURLToPath(new URL("./workerpool-worker.mjs", import.meta.url));
const workerType = process.env.BENCH_WORKER_TYPE ?? "thread";
let pool;
let name;

await serve({
  ...promisePool((value) => pool.exec(name, [value])),
  async open({ task, workers }) {
    name = task;
    pool = workerpool.pool(script, { minWorkers: workers, maxWorkers: workers, workerType });
  },
  close: () => pool?.terminate(true),
});
