import { App, currentCall, Retries } from "windlass";
import { batches, echo, echoAsync, flaky, hash, items, sleep } from "./tasks.mjs";

// One app per number of containers and function, so that a run starts only what it measures.
const ONE = { minContainers: 1, maxContainers: 1 };
const TWO = { minContainers: 2, maxContainers: 2 };
const EIGHT = { minContainers: 8, maxContainers: 8 };

const apps = new Map();

function define(task, options, handler) {
  const workers = options.maxContainers;
  const app = new App(`bench-${task}-${workers}`);
  apps.set(`${task} ${workers}`, { app, calls: app.function(task, options, handler) });
}

for (const [workers, options] of [ONE, TWO].entries()) {
  const app = new App(`bench-echoPython-${workers + 1}`);
  const calls = app.python("echoPython", { ...options, handler: "echo.py:echo" });
  apps.set(`echoPython ${workers + 1}`, { app, calls });
}
{
  const app = new App("bench-embed-1");
  const MiniLm = app.pythonCls("MiniLm", {
    ...ONE,
    handler: "minilm.py:MiniLm",
    batch: { maxSize: 32, waitMs: 20 },
  });
  apps.set("embed 1", { app, calls: new MiniLm().embed });
}
define("echo", ONE, echo);
define("echo", TWO, echo);
define("echoAsync", ONE, echoAsync);
define("echoAsync", TWO, echoAsync);
define("items", ONE, items);
define("batches", { ...TWO, batch: { maxSize: 64, waitMs: 100 } }, batches);
define("hash", TWO, hash);
define("sleep", EIGHT, sleep);
define(
  "flaky",
  { ...TWO, retries: new Retries({ maxRetries: 2, initialDelaySeconds: 0 }) },
  (input) => flaky(input, currentCall().attempt),
);

/** The app that runs a task in that many containers. */
export function findApp(task, workers) {
  return apps.get(`${task} ${workers}`);
}
