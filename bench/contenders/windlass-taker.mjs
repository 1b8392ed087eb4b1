import { Queue } from "windlass";

process.env.WINDLASS_BACKEND = "local";
const queue = Queue.fromName("bench", { createIfMissing: true });
await queue.len();
process.send("ready");
process.on("message", async (count) => {
  for (let next = 0; next < count; ) {
    for (const item of await queue.getMany(50)) {
      if (item !== next) throw new Error(`got ${item} instead of ${next}`);
      next += 1;
    }
  }
  process.send("done");
});
