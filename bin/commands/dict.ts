import { NotFoundError } from "../../lib/errors.ts";
import { Dict } from "../../lib/storage/dict.ts";
import type { Invocation } from "../command-table.ts";
import { printValue } from "../print-value.ts";
import {
  type ActionContext,
  type Actions,
  objectActions,
  parseValue,
  printLine,
  runAction,
} from "../storage/actions.ts";

const ACTIONS: Actions = {
  ...objectActions("dict", Dict.objects),
  items: {
    operands: "<name>",
    async run(context) {
      for await (const [key, value] of dictOf(context).items()) {
        // One line an item: there may be millions.
        if (context.json) printValue({ key, value }, true);
        else printLine(`${key}  ${JSON.stringify(value) ?? String(value)}`);
      }
    },
  },
  get: {
    operands: "<name> <key>",
    async run(context) {
      const [key = ""] = context.rest;
      const missing = Symbol("missing");
      const value = await dictOf(context).get(key, missing);
      if (value === missing) throw noKey(context.name, key);
      printValue(value, context.json);
    },
  },
  put: {
    operands: "<name> <key> <value>",
    async run(context) {
      const [key = "", value = ""] = context.rest;
      await dictOf(context).put(key, parseValue(value));
    },
  },
  clear: { operands: "<name>", run: (context) => dictOf(context).clear() },
};

/** What is in dicts, and which there are. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("dict", ACTIONS, invocation);
}

function dictOf({ name, connect }: ActionContext): Dict {
  return Dict.fromName(name, connect);
}

function noKey(name: string, key: string): NotFoundError {
  return new NotFoundError("WINDLASS_KEY_NOT_FOUND", `dict "${name}" has no key "${key}"`, {
    hint: `see which it has: \`windlass dict items ${name}\``,
  });
}
