import { parametersKey } from "../../lib/aws/keys.ts";
import type { ManifestFunction } from "../../lib/aws/manifest.ts";
import { functionOfPool, type ParametersRow } from "../../lib/aws/parameter-sets.ts";
import { variantSpec } from "../../lib/variant.ts";
import type { Controller } from "./controller.ts";
import type { KnownApp } from "./world.ts";

/** The function of a pool as the pool's containers run it, with its queue; undefined for a pool that is no more. */
export async function readPool(
  { app, manifest }: KnownApp,
  pool: string,
  { ports }: Controller,
): Promise<ManifestFunction | undefined> {
  const name = functionOfPool(pool);
  const fn = manifest?.functions[name];
  if (fn === undefined || name === pool) return fn;
  const found = await ports.rows.get<ParametersRow>(parametersKey(app, pool));
  if (found === undefined) return undefined;
  const { queueUrl, variant } = found.body;
  return { ...fn, queueUrl, spec: variantSpec(fn.spec, variant) };
}
