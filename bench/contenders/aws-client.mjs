// A client of the deployed app: `aws-client.mjs <what> <count>` prints one JSON object.
import { DeployedFunction } from "windlass";

const [what, count] = [process.argv[2], Number(process.argv[3])];
const echo = DeployedFunction.fromName(process.env.BENCH_APP, "echo");

/** One awaited call at a time, after the first ones have made connections and the reply queue. */
async function remote() {
  for (let warm = 0; warm < 30; warm += 1) await echo.remote(warm);
  const times = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    if ((await echo.remote(index)) !== index) throw new Error("another value came back");
    times.push(performance.now() - start);
  }
  return { times };
}

async function map() {
  const start = performance.now();
  let index = 0;
  for await (const value of echo.map(Array.from({ length: count }, (_, at) => at))) {
    if (value !== index) throw new Error(`${value} came for ${index}`);
    index += 1;
  }
  if (index !== count) throw new Error(`${index} of ${count} came back`);
  return { seconds: (performance.now() - start) / 1000 };
}

/** Until all inputs are stored, not until they are done; they are cancelled then. */
async function submit() {
  const warm = await echo.spawnMap([0]);
  await warm.get();
  const items = Array.from({ length: count }, (_, at) => at);
  const start = performance.now();
  const call = await echo.spawnMap(items);
  const seconds = (performance.now() - start) / 1000;
  await call.cancel();
  return { seconds };
}

/** Until the code of this version answers. */
async function version() {
  const deployed = DeployedFunction.fromName(process.env.BENCH_APP, "version");
  while ((await deployed.remote()) !== count);
  return {};
}

console.log(JSON.stringify(await { remote, map, submit, version }[what]()));
