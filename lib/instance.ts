import type { ClsDefinition } from "./definition.ts";
import { InvalidError } from "./errors.ts";
import { enter, enterSnapshot, runHooks } from "./hooks.ts";
import { issuesText, type StandardIssue } from "./standard-schema.ts";

/** What an object of a class is made of. */
export type Made = Pick<ClsDefinition, "name" | "ctor" | "options">;

/**
 * Checks the parameters of an object before it is called.
 * @throws InvalidError naming every mistake. A schema that answers later is asked in the container alone.
 */
export function checkParams({ name, options }: Made, params: readonly unknown[]): void {
  const result = options.params?.["~standard"].validate(params[0] ?? {});
  if (result === undefined || result instanceof Promise) return;
  if (result.issues !== undefined) throw invalidParams(name, result.issues);
}

/** An object that has entered. @throws InvalidError when its schema refuses the parameters */
export async function createInstance(made: Made, params: readonly unknown[]): Promise<object> {
  const { ctor, options, name } = made;
  const result = await options.params?.["~standard"].validate(params[0] ?? {});
  if (result?.issues !== undefined) throw invalidParams(name, result.issues);
  const given = result === undefined ? params : [result.value];
  // Without a schema, the caller's parameters were checked by its types.
  const instance = Reflect.construct(ctor, given) as object;
  await runHooks(instance, enterSnapshot);
  await runHooks(instance, enter);
  return instance;
}

function invalidParams(name: string, issues: readonly StandardIssue[]): InvalidError {
  return new InvalidError(
    "WINDLASS_INVALID_PARAMS",
    issuesText(`parameters of class "${name}"`, issues),
    { hint: "give each object what the schema in `params` of the class takes" },
  );
}
