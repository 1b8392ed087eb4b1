import type { Backend, InputPage, Target } from "./backend.ts";
import { createCallId } from "./ids.ts";

/** Spawns a call of one input. Resolves to its id, once it would survive a crash of this process. */
export async function spawnOne(
  backend: Pick<Backend, "spawn" | "endSpawn">,
  target: Target,
  { callId = createCallId(), ...input }: Pick<InputPage, "unary" | "args"> & { callId?: string },
): Promise<string> {
  await backend.spawn({ callId, target, kind: "group" }, { start: 0, count: 1, ...input });
  await backend.endSpawn(callId, 1);
  return callId;
}
