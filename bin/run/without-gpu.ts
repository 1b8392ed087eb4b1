import { MAX_HOURLY_USD } from "../../lib/aws/facts.ts";
import { firstOffers, hostMistakes } from "../../lib/scheduling/first-offers.ts";
import type { AppSpec, FunctionSpec } from "../../lib/spec.ts";
import { isYes, type Terminal } from "../ask.ts";
import { gpuLines } from "../deploy/gpu-lines.ts";
import type { Choice } from "../reference.ts";
import { UsageError } from "../usage-error.ts";

/** The functions with a GPU that a run may call: what was chosen, or for an entrypoint all of the app. */
export function gpuFunctions(spec: AppSpec, { kind, name }: Choice): readonly FunctionSpec[] {
  return spec.functions.filter(
    (candidate) => candidate.gpu.length > 0 && (kind === "entrypoint" || candidate.name === name),
  );
}

/** What the GPUs of functions would cost on AWS, in an environment that has the usual limit. */
export function offersOnAws(functions: readonly FunctionSpec[]): string[] {
  const limits = { maxUsdPerHour: MAX_HOURLY_USD };
  const lines = gpuLines(firstOffers(functions, limits));
  const mistakes = hostMistakes(functions, limits).map(({ message }) => message);
  return [...lines, ...mistakes].map((line) => `on AWS, ${line}`);
}

/**
 * Asks once whether functions that want a GPU may run on the CPU of a machine that has none. Where nobody can be
 * asked they may, and the engine gives notice. Resolves to true if somebody said so.
 *
 * @throws UsageError `WINDLASS_NO_GPU` if they may not
 */
export async function agreeToCpu(
  functions: readonly FunctionSpec[],
  { input, output }: Terminal,
): Promise<boolean> {
  if (input.isTTY !== true || output.isTTY !== true) return false;
  const wanted = functions.map(({ name, gpu }) => `"${name}" asks for ${gpu.join(" or ")}`);
  const problem = `${wanted.join(", ")}; this machine has no NVIDIA GPU`;
  if (await isYes(`${problem}. Run on the CPU? [y/N] `, { input, output })) return true;
  throw new UsageError("WINDLASS_NO_GPU", problem, {
    hint: "add `--on aws` to run it on a GPU there, or `--cpu` to run it here without one",
  });
}
