// Counts results that never came or came twice.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { seconds } from "./values.mjs";

/**
 * `kill`: a worker process is killed when half of the results are in.
 * `failing`: the first attempt of one input in a hundred throws.
 */
export async function faults(contender, { scenario, count }) {
  const seen = new Uint8Array(count);
  const items = Array.from({ length: count }, (_, id) => ({
    id,
    fails: scenario === "failing" && id % 100 === 7,
  }));
  let results = 0;
  let killed = 0;
  await contender.reset?.();
  const start = performance.now();
  await contender.faults(items, {
    done(id) {
      seen[id] += 1;
      results += 1;
      if (scenario !== "kill" || results !== count / 2) return;
      killed = workerPids()[0];
      process.kill(killed, "SIGKILL");
    },
    failed() {},
  });
  if (scenario === "kill" && killed === 0) assert.fail("no worker was killed");
  return {
    seconds: seconds(start),
    lost: seen.filter((times) => times === 0).length,
    doubled: seen.filter((times) => times > 1).length,
  };
}

/** Children of this process that run Node. */
function workerPids() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter(isNodeChild)
    .map(Number);
}

function isNodeChild(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return parent === process.pid && readlinkSync(`/proc/${pid}/exe`) === process.execPath;
  } catch {
    return false; // It ended while it was looked at.
  }
}
