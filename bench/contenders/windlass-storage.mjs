// Dicts and queues on this machine; items are taken in a second process.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Dict, Queue } from "windlass";
import { serve } from "./driver.mjs";

process.env.WINDLASS_BACKEND = "local";
const script = fileURLToPath(new URL("./windlass-taker.mjs", import.meta.url));
let taker;

await serve({
  async open() {
    taker = fork(script);
    await once(taker, "message");
  },
  async close() {
    taker.kill("SIGKILL");
  },
  async dict() {
    const dict = Dict.fromName("bench", { createIfMissing: true });
    await dict.clear();
    return dict;
  },
  async queue(items) {
    const done = once(taker, "message");
    taker.send(items.length);
    const queue = Queue.fromName("bench", { createIfMissing: true });
    await queue.putMany(items);
    await done;
  },
});
