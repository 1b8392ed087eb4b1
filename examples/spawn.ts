// id=$(npx windlass run --quiet examples/spawn.ts::start --n 30)
// npx windlass run examples/spawn.ts::collect --id $id
import { App, FunctionCall, gather } from "windlass";
import { z } from "zod";

export const app = new App("spawn");

export const fibonacci = app.function("fibonacci", (n: number) => {
  let [current, next] = [0n, 1n];
  for (let step = 0; step < n; step += 1) [current, next] = [next, current + next];
  return current;
});

/** Stores calls and ends without waiting for them. */
export const start = app.entrypoint(
  "start",
  { args: z.object({ n: z.int().default(100) }) },
  async ({ n }) => {
    const call = await fibonacci.spawn(n);
    console.log(call.id);
  },
);

/** Waits for a call that another process stored; a result can be read for seven days. */
export const collect = app.entrypoint(
  "collect",
  { args: z.object({ id: z.string() }) },
  async ({ id }) => {
    const call = FunctionCall.fromId<typeof fibonacci>(id);
    console.log(`result: ${await call.get()}`);
  },
);

/** Many calls: of one function by `spawnMap`, or any by `gather`. */
export const many = app.entrypoint("many", async () => {
  const call = await fibonacci.spawnMap([10, 20, 30]);
  console.log(`${await call.numInputs()} inputs, the last is ${await call.get({ index: 2 })}`);
  const [five, six] = await gather(await fibonacci.spawn(5), await fibonacci.spawn(6));
  console.log(`gathered ${five} and ${six}`);
});
