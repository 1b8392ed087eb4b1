import { Secret } from "../../lib/storage/secret.ts";
import type { SecretBacking } from "../../lib/storage/secret-places.ts";
import type { Invocation } from "../command-table.ts";
import { type ActionContext, type Actions, listAndDelete, runAction } from "../storage/actions.ts";
import { readSecretValues } from "../storage/secret-input.ts";

const ACTIONS: Actions = {
  ...listAndDelete("secret", Secret.objects),
  create: { operands: "<name> [KEY=value...]", run: create },
};

/** Makes, lists and removes secrets; values are never shown. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("secret", ACTIONS, invocation);
}

async function create({ name, rest, connect, options }: ActionContext): Promise<void> {
  const values = await readSecretValues(rest, options);
  if (options["update"] === true) await Secret.fromName(name, connect).update(values);
  else {
    const backing = options["backing"] as SecretBacking | undefined; // Checked by create().
    await Secret.objects.create(name, values, { ...connect, backing });
  }
}
