// npx windlass run examples/hello.ts --n 3
import { App } from "windlass";
import { z } from "zod";

export const app = new App("hello");

/** Runs in a container: on this machine, a process of its own. */
export const square = app.function("square", (n: number) => {
  console.log(`squaring ${n} in process ${process.pid}`);
  return n * n;
});

/** Runs here, and calls what runs in containers. */
export const main = app.entrypoint(
  "main",
  { args: z.object({ n: z.int().default(3) }) },
  async ({ n }) => {
    console.log(`this is process ${process.pid}`);
    console.log(`local: ${square.local(n)}`);
    console.log(`remote: ${await square.remote(n)}`);
  },
);
