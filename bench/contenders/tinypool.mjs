import { Tinypool } from "tinypool";
import { serve } from "./driver.mjs";
import { promisePool } from "./promise-pool.mjs";

const filename = new URL("./tasks.mjs", import.meta.url).href;
let pool;

await serve({
  ...promisePool((value) => pool.run(value)),
  async open({ task, workers }) {
    pool = new Tinypool({ filename, name: task, minThreads: workers, maxThreads: workers });
  },
  close: () => pool?.destroy(),
});
