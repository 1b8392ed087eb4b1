import type { ClsDefinition, Definition, EntrypointDefinition } from "./definition.ts";
import { type Defaults, type Given, type Reading, withDefaults } from "./given.ts";
import type { AnyClass, AnyHandler } from "./handler.ts";
import { prototypesOf } from "./hooks.ts";
import { checkBatchHandler, checkBatchMethods } from "./options/batch.ts";
import {
  checkClass,
  checkHandler,
  checkHandlerOptions,
  checkHooks,
  checkName,
} from "./options/body.ts";
import { checkClsOptions, checkFunctionOptions, checkSchema } from "./options/check-options.ts";
import type { AnyClsOptions, AnyFunctionOptions } from "./options/function-options.ts";
import { checkKnown } from "./options/known.ts";
import { isClass, show } from "./options/show.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { checkWebClass, readClsWeb } from "./web/define-web.ts";

/** Reads the arguments of `app.function`. The definition is valid if there are no violations. */
export function readFunction(given: Given, defaults: Defaults): Reading<Definition> {
  const { name, options, body, file } = given;
  const subject = `function ${show(name)}`;
  const violations = [
    ...checkName(name, "a function"),
    ...checkFunctionOptions(options, subject),
    ...checkHandler(body, subject),
  ];
  const scope = options as AnyFunctionOptions; // Checked above, as the others.
  if (typeof body === "function" && violations.length === 0) {
    violations.push(...checkHandlerOptions(body, scope, subject));
    violations.push(...checkBatchHandler(body, scope, subject));
  }
  const definition = {
    kind: "function",
    name: name as string,
    options: withDefaults(scope, defaults),
    handler: body as AnyHandler,
    file,
  } as const;
  return { definition, violations };
}

/** Reads the arguments of `app.cls`. */
export function readCls(given: Given, defaults: Defaults): Reading<ClsDefinition> {
  const { name, body, file } = given;
  const subject = `class ${show(name)}`;
  const methods = isClass(body) ? methodsOf(body as AnyClass) : [];
  const {
    web,
    rest: options,
    violations: webViolations,
  } = readClsWeb(given.options, { methods, subject });
  const violations = [
    ...checkName(name, "a class"),
    ...checkClsOptions(options, subject),
    ...webViolations,
    ...checkClass(body, methods, subject),
  ];
  if (violations.length === 0) {
    violations.push(...checkHooks(body as AnyClass, options as AnyClsOptions, subject));
    const taken = { ctor: body as AnyClass, methods };
    violations.push(...checkBatchMethods(taken, options as AnyClsOptions, subject));
    if (web !== undefined)
      violations.push(...checkWebClass(body as AnyClass, options as AnyClsOptions, subject));
  }
  const definition = {
    kind: "cls",
    name: name as string,
    options: withDefaults(options as AnyClsOptions, defaults),
    ctor: body as AnyClass,
    methods,
    web: web && { ...web, params: (options as AnyClsOptions).params },
    file,
  } as const;
  return { definition, violations };
}

/** Reads the arguments of `app.entrypoint`. */
export function readEntrypoint(given: Given): Reading<EntrypointDefinition> {
  const { name, options, body, file } = given;
  const subject = `entrypoint ${show(name)}`;
  const renamed = new Map([["schema", "`args`"]]);
  const known = checkKnown(options, { subject, names: ["args"], renamed });
  const { args: schema } = known.values ?? {};
  const violations = [
    ...checkName(name, "an entrypoint"),
    ...known.violations,
    ...checkHandler(body, subject),
  ];
  if (schema !== undefined) violations.push(...checkSchema(schema, `\`args\` of ${subject}`));
  const definition = {
    name: name as string,
    schema: schema as StandardSchema | undefined,
    handler: body as (args: never) => unknown,
    file,
  };
  return { definition, violations };
}

/** Names of the methods of a class and its base classes. */
function methodsOf(ctor: AnyClass): string[] {
  const names = new Set<string>();
  for (const prototype of prototypesOf(ctor)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name === "constructor") continue;
      if (typeof value === "function") names.add(name);
      else names.delete(name); // A getter of a derived class hides the method.
    }
  }
  return [...names].sort();
}
