// Puts or takes numbers until it is killed, and says each once it is acknowledged:
// `windlass-killed.mjs put <first>`, `windlass-killed.mjs take`. On AWS where BENCH_QUEUE_ENVIRONMENT names one.
import { writeSync } from "node:fs";
import { Queue } from "windlass";

const environment = process.env.BENCH_QUEUE_ENVIRONMENT;
if (environment === undefined) process.env.WINDLASS_BACKEND = "local";
const queue = Queue.fromName(process.env.BENCH_QUEUE, { createIfMissing: true, environment });
await queue.len();
writeSync(1, "ready\n");
const [what, first] = process.argv.slice(2);

for (let n = Number(first ?? 0); ; n += 1) {
  if (what === "put") await queue.put(n);
  // At once, without the buffer of a stream: what it has been given it has said.
  writeSync(1, `${what === "put" ? n : await queue.get()}\n`);
}
