import type { Definition, EntrypointDefinition } from "./definition.ts";
import { isGenerator } from "./function.ts";
import type { AnyClass, AnyHandler } from "./handler.ts";
import { enter, enterSnapshot, exit, prototypesOf } from "./hooks.ts";
import { checkClsOptions, checkFunctionOptions } from "./options/check-options.ts";
import type { ClsOptions, FunctionOptions } from "./options/function-options.ts";
import { checkKnown } from "./options/known.ts";
import { isClass, show, showFile } from "./options/show.ts";
import type { Violation } from "./options/violation.ts";
import { isStandardSchema, type StandardSchema } from "./standard-schema.ts";

/** What a user gave to `app.function`, `app.cls` or `app.entrypoint`: nothing of it is certain. */
export interface Given {
  readonly name: unknown;
  readonly options: unknown;
  /** The handler or class. */
  readonly body: unknown;
  readonly file: string | undefined;
}

/** A definition, or the mistakes in it. */
export interface Reading<Kind> {
  readonly definition: Kind;
  readonly violations: readonly Violation[];
}

type Env = Readonly<Record<string, string>>;

/** Reads the arguments of `app.function`. The definition is valid if there are no violations. */
export function readFunction(given: Given, env: Env): Reading<Definition> {
  const { name, options, body, file } = given;
  const subject = `function ${show(name)}`;
  const violations = [
    ...checkName(name, "function"),
    ...checkFunctionOptions(options, subject),
    ...checkHandler(body, subject),
  ];
  const scope = options as FunctionOptions; // Checked above, as the others.
  if (typeof body === "function" && violations.length === 0) {
    violations.push(...checkHandlerOptions(body, scope, subject));
  }
  const definition = {
    kind: "function",
    name: name as string,
    options: withEnv(scope, env),
    handler: body as AnyHandler,
    file,
  } as const;
  return { definition, violations };
}

/** Reads the arguments of `app.cls`. */
export function readCls(given: Given, env: Env): Reading<Definition> {
  const { name, options, body, file } = given;
  const subject = `class ${show(name)}`;
  const methods = isClass(body) ? methodsOf(body as AnyClass) : [];
  const violations = [
    ...checkName(name, "class"),
    ...checkClsOptions(options, subject),
    ...checkClass(body, methods, subject),
  ];
  if (violations.length === 0) {
    violations.push(...checkHooks(body as AnyClass, options as ClsOptions, subject));
  }
  const definition = {
    kind: "cls",
    name: name as string,
    options: withEnv(options as ClsOptions, env),
    ctor: body as AnyClass,
    methods,
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
    ...checkName(name, "entrypoint"),
    ...known.violations,
    ...checkHandler(body, subject),
  ];
  if (schema !== undefined && !isStandardSchema(schema)) {
    violations.push({
      code: "WINDLASS_INVALID_SCHEMA",
      message: `\`args\` of ${subject} must be a Standard Schema, got ${show(schema)}`,
      hint: "build it with a schema library, for instance `z.object({ n: z.coerce.number() })` of zod",
    });
  }
  const definition = {
    name: name as string,
    schema: schema as StandardSchema | undefined,
    handler: body as (args: never) => unknown,
    file,
  };
  return { definition, violations };
}

/** The mistake of defining a name twice. */
export function duplicateViolation(
  { name, file }: { readonly name: string; readonly file: string | undefined },
  { app, first }: { readonly app: string; readonly first: string | undefined },
): Violation {
  const where = [first, file].map(showFile);
  const places = where[0] === where[1] ? `twice in ${where[0]}` : `in ${where.join(" and in ")}`;
  return {
    code: "WINDLASS_DUPLICATE_NAME",
    message: `app "${app}" has "${name}" ${places}`,
    hint: "give one of them another name: functions, classes and entrypoints share their names",
  };
}

function checkName(name: unknown, kind: string): Violation[] {
  if (typeof name === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(name)) return [];
  return [
    {
      code: "WINDLASS_INVALID_NAME",
      message: `the name of a ${kind} must be 1 to 64 letters, digits, _ or -, got ${show(name)}`,
      hint: `name it with the first argument, for instance "resize-image"`,
    },
  ];
}

function checkHandler(body: unknown, subject: string): Violation[] {
  if (typeof body === "function" && !isClass(body)) return [];
  return [
    {
      code: "WINDLASS_HANDLER_NOT_A_FUNCTION",
      message: `the handler of ${subject} must be a function, got ${show(body)}`,
      hint: isClass(body) ? "use `app.cls` for a class" : "pass the function as the last argument",
    },
  ];
}

function checkHandlerOptions(
  handler: { readonly length: number },
  { schedule, retries = 0 }: FunctionOptions,
  subject: string,
): Violation[] {
  const violations: Violation[] = [];
  if (schedule !== undefined && handler.length > 0) {
    violations.push({
      code: "WINDLASS_SCHEDULE_NEEDS_ARGUMENTS",
      message: `${subject} has a schedule, so its handler must work without arguments, but it requires ${handler.length}`,
      hint: "give every parameter a default value (`width = 100`), or remove `schedule`",
    });
  }
  if (isGenerator(handler) && (typeof retries === "number" ? retries : retries.maxRetries) > 0) {
    violations.push({
      code: "WINDLASS_GENERATOR_RETRIES",
      message: `${subject} is a generator, which cannot be retried: its caller has seen items already`,
      hint: "remove `retries`",
    });
  }
  return violations;
}

function checkClass(body: unknown, methods: readonly string[], subject: string): Violation[] {
  if (!isClass(body)) {
    const hint =
      typeof body === "function" ? "use `app.function` for a function" : "pass a class at the end";
    const message = `${subject} must be given a class, got ${show(body)}`;
    return [{ code: "WINDLASS_NOT_A_CLASS", message, hint }];
  }
  const violations: Violation[] = [];
  const { length } = body as AnyClass;
  if (length > 1) {
    violations.push({
      code: "WINDLASS_CLASS_CONSTRUCTOR",
      message: `the constructor of ${subject} must take one object of parameters, got ${length} parameters`,
      hint: "write `constructor(params: { … })`",
    });
  }
  if (methods.length === 0) {
    violations.push({
      code: "WINDLASS_CLASS_WITHOUT_METHODS",
      message: `${subject} has no method that could be called`,
      hint: "write at least one public method; functions in fields are not methods",
    });
  }
  return violations;
}

function checkHooks(ctor: AnyClass, options: ClsOptions, subject: string): Violation[] {
  const violations: Violation[] = [];
  const prototype = ctor.prototype as Record<symbol, unknown>; // Any object can be read by symbol.
  for (const [name, hook] of Object.entries({ enter, enterSnapshot, exit })) {
    if (!(hook in prototype) || typeof prototype[hook] === "function") continue;
    violations.push({
      code: "WINDLASS_HOOK_NOT_A_METHOD",
      message: `\`[${name}]\` of ${subject} must be a method, got ${show(prototype[hook])}`,
      hint: `write \`async [${name}]() { … }\``,
    });
  }
  if (enterSnapshot in prototype && options.enableMemorySnapshot !== true) {
    violations.push({
      code: "WINDLASS_SNAPSHOT_NOT_ENABLED",
      message: `${subject} has an \`[enterSnapshot]\` hook, but \`enableMemorySnapshot\` is not true`,
      hint: "set `enableMemorySnapshot: true`, or name the hook `[enter]`",
    });
  }
  return violations;
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

function withEnv<Options extends ClsOptions>(options: Options, env: Env): Options {
  return Object.freeze({ ...options, env: Object.freeze({ ...env, ...options?.env }) });
}
