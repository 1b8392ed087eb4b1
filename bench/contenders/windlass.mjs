import { serve } from "./driver.mjs";
import { findApp } from "./windlass-apps.mjs";

const spawnsOneByOne = process.env.BENCH_SPAWN === "single";
const isPython = process.env.BENCH_LANGUAGE === "python";
const echo = isPython ? "echoPython" : process.env.BENCH_HANDLER === "async" ? "echoAsync" : "echo";
let run;
let calls;

await serve({
  async open({ task, workers }) {
    const found = findApp(task === "echo" ? echo : task, workers);
    run = await found.app.run({ backend: "local" });
    calls = found.calls;
  },
  close: () => run?.close(),
  call: (value) => calls.remote(value),
  items: (count) => calls.remoteGen(count),
  map,
  stream: map,
  durable: spawnsOneByOne ? spawnEach : spawnAll,
  async faults(items, { done, failed }) {
    const results = calls.map(items, { ordered: false, returnExceptions: true });
    for await (const result of results) result instanceof Error ? failed(result) : done(result);
  },
});

async function map(items, check) {
  let index = 0;
  for await (const result of calls.map(items)) check(result, index++);
}

async function spawnAll(items, check) {
  const call = await calls.spawnMap(items);
  let index = 0;
  for await (const result of call.iter()) check(result, index++);
}

async function spawnEach(items, check) {
  const spawned = await Promise.all(items.map((item) => calls.spawn(item)));
  (await Promise.all(spawned.map((call) => call.get()))).forEach(check);
}
