import { InvalidError } from "./errors.ts";
import type { VariantName } from "./options/variant-names.ts";
import type { FunctionSpec } from "./spec.ts";

/** What a handle with other options changes of the spec of its function. */
export type Variant = Partial<Pick<FunctionSpec, VariantName | "concurrency" | "batch">>;

/**
 * The spec of a pool: that of its function, changed by its variant.
 * @throws InvalidError when it has batches and the function has none
 */
export function variantSpec(spec: FunctionSpec, variant: string | undefined): FunctionSpec {
  if (variant === undefined) return spec;
  const changed = JSON.parse(variant) as Variant; // By addVariant().
  if (changed.batch && !spec.batch) throw notBatched(spec);
  return { ...spec, ...changed, env: { ...spec.env, ...changed.env }, minContainers: 0 };
}

function notBatched({ name, kind }: FunctionSpec): InvalidError {
  const subject = `${kind === "cls" ? "class" : "function"} "${name}"`;
  return new InvalidError(
    "WINDLASS_WITH_BATCHING",
    `withBatching() needs a definition with \`batch\`, which ${subject} does not have: it takes single inputs`,
    { hint: "give the definition `batch`, and a handler that takes arrays" },
  );
}

/** A variant with more changes, as text: sorted, so that the order in which options are written makes no other pool. */
export function addVariant(variant: string | undefined, added: Variant): string {
  const before = (variant === undefined ? {} : JSON.parse(variant)) as Variant; // By this function.
  const env = { ...before.env, ...added.env };
  const all = { ...before, ...added, ...(Object.keys(env).length > 0 && { env: sorted(env) }) };
  return JSON.stringify(sorted(all));
}

function sorted<Value extends object>(value: Value): Value {
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries) as Value; // The same fields.
}
