import { Dict, Queue } from "windlass";

const dict = Dict.fromName<number>("killed", { createIfMissing: true });
const queue = Queue.fromName<number>("killed", { createIfMissing: true });
const [role = "", first = "0", count = "0"] = process.argv.slice(2);

/** Puts numbers one by one, and says each when it is acknowledged. */
async function put(): Promise<void> {
  for (let n = Number(first); n < Number(first) + Number(count); n += 1) {
    await Promise.all([dict.put(`${n}`, n), queue.put(n)]);
    process.stdout.write(`${n}\n`);
  }
}

/** Takes numbers until there are none for a while, and says each. */
async function take(): Promise<void> {
  for (;;) {
    const items = await queue.getMany(3, { timeoutSeconds: 2 });
    if (items.length === 0) return;
    for (const n of items) process.stdout.write(`${n}\n`);
  }
}

await (role === "put" ? put() : take());
