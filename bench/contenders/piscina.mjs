import { Piscina } from "piscina";
import { serve } from "./driver.mjs";
import { batchedPool, promisePool } from "./promise-pool.mjs";

const BATCH = Number(process.env.BENCH_BATCH ?? 0);
const filename = new URL("./tasks.mjs", import.meta.url).href;
const run = (value) => pool.run(value);
let pool;

await serve({
  ...(BATCH > 0 ? batchedPool(run, BATCH) : promisePool(run)),
  async open({ task, workers }) {
    const name = BATCH > 0 ? `${task}Batch` : task;
    // `atomics` stays "sync", its default: the fastest for tasks that do not overlap.
    pool = new Piscina({ filename, name, minThreads: workers, maxThreads: workers });
  },
  close: () => pool?.destroy(),
});
