import { Queue } from "../../lib/storage/queue.ts";
import type { QueueBacking } from "../../lib/storage/queue-backing.ts";
import type { Invocation } from "../command-table.ts";
import { printValue } from "../print-value.ts";
import {
  type ActionContext,
  type Actions,
  listAndDelete,
  printLine,
  runAction,
} from "../storage/actions.ts";
import { UsageError } from "../usage-error.ts";

const ACTIONS: Actions = {
  ...listAndDelete("queue", Queue.objects),
  create: {
    operands: "<name>",
    run: ({ name, connect, options }) => {
      // Checked by create().
      const backing = options["backing"] as QueueBacking | undefined;
      return Queue.objects.create(name, { ...connect, backing });
    },
  },
  peek: {
    operands: "<name> [count]",
    async run(context) {
      let left = toCount(context.rest[0] ?? "1");
      for await (const item of queueOf(context).iterate(partitionOf(context))) {
        printValue(item, context.json);
        left -= 1;
        if (left === 0) return;
      }
    },
  },
  len: {
    operands: "<name>",
    async run(context) {
      const { total } = context.options;
      const which = total === true ? ({ total } as const) : partitionOf(context);
      printLine(String(await queueOf(context).len(which)));
    },
  },
  clear: {
    operands: "<name>",
    async run(context) {
      const { all } = context.options;
      await queueOf(context).clear(all === true ? { all } : partitionOf(context));
    },
  },
};

/** What is in queues, and which there are. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("queue", ACTIONS, invocation);
}

function queueOf({ name, connect }: ActionContext): Queue {
  return Queue.fromName(name, connect);
}

function partitionOf({ options }: ActionContext): { readonly partition: string | undefined } {
  const { partition } = options;
  return { partition: partition === undefined ? undefined : String(partition) };
}

function toCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  const message = `\`windlass queue peek\` takes a whole number of items, got "${text}"`;
  throw new UsageError("WINDLASS_USAGE", message, { hint: "write `windlass queue peek jobs 10`" });
}
