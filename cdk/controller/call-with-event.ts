import type { AwsBackend } from "../../lib/aws/aws-backend.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { spawnOne } from "../../lib/spawn-one.ts";

/** An event of an app, for functions of the app that hear of it: what its rules invoke the controller with. */
export interface EventForFunctions {
  readonly kind: "event";
  readonly app: string;
  readonly functions: readonly string[];
  readonly event: object;
}

export type CallBackend = Pick<AwsBackend, "spawn" | "endSpawn">;

/** Spawns a call of each function with the event. Resolves to the pools that have calls now. */
export async function callWithEvent(
  { app, functions, event }: EventForFunctions,
  backend: CallBackend,
): Promise<readonly string[]> {
  for (const name of functions) {
    const args = encodePage([event], () => "event");
    await spawnOne(backend, { app, name }, { unary: true, args });
  }
  return functions;
}
