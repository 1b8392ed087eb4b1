// Runs the workloads of a contender: commands are JSON lines on stdin, replies JSON lines on file descriptor 3, so that
// nothing a library prints can be mistaken for a reply.
//
// A contender is { open(options), close(), reset() to forget earlier inputs, and one method per workload it takes part in:
//   call(value)                     one awaited call
//   map(items, check)               results of an array, each given to check(result, index), in order
//   stream(items, check)            the same for a generator that must not be held in memory
//   map(texts, check)               vectors of texts, in `embed`
//   items(count)                    items of a generator; one, which says when it was yielded, for -1
//   durable(items, check)           the same through a store that survives a crash
//   dict()                          values by key: put(key, value), get(key), update(pairs)
//   queue(items)                    items that another process takes, until it has taken all
//   faults(items, { done, failed }) results in any order, as done(result) or failed(error) }
import { writeSync } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { inspect } from "node:util";
import { faults } from "./workloads/faults.mjs";
import { call, cold, numpy, payload } from "./workloads/latency.mjs";
import { dict, queue } from "./workloads/storage.mjs";
import { batchedMap, batching, embed, firstItem, generator } from "./workloads/streams.mjs";
import { cpu, durable, map, skew, stream } from "./workloads/throughput.mjs";

const WORKLOADS = {
  ...{ call, cold, payload, numpy, cpu, dict, durable, map, queue, skew, stream, faults },
  ...{ generator, firstItem, batching, batchedMap, embed },
};

export async function serve(contender) {
  await stat("."); // Starts libuv's threads, so that threads which appear later are workers.
  reply({ pid: process.pid });
  for await (const line of createInterface({ input: process.stdin })) {
    const { command, options } = JSON.parse(line);
    try {
      reply(await perform(contender, command, options));
    } catch (error) {
      reply({ error: error instanceof Error ? error.stack : inspect(error) });
    }
    if (command === "close") break;
  }
  process.exit(0);
}

async function perform(contender, command, options) {
  if (command === "open" || command === "close") return (await contender[command]?.(options)) ?? {};
  return await WORKLOADS[command](contender, options);
}

function reply(value) {
  writeSync(3, `${JSON.stringify(value)}\n`);
}
