import { type AnyClass, isGenerator } from "../handler.ts";
import { enter, enterSnapshot, exit, preempt } from "../hooks.ts";
import type { AnyClsOptions, AnyFunctionOptions } from "./function-options.ts";
import { isClass, show, showFile } from "./show.ts";
import type { Violation } from "./violation.ts";

export function checkName(name: unknown, kind: string): Violation[] {
  if (typeof name === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(name)) return [];
  return [
    {
      code: "WINDLASS_INVALID_NAME",
      message: `the name of ${kind} must be 1 to 64 letters, digits, _ or -, got ${show(name)}`,
      hint: `name it with the first argument, for instance "resize-image"`,
    },
  ];
}

export function checkHandler(body: unknown, subject: string): Violation[] {
  if (typeof body === "function" && !isClass(body)) return [];
  return [
    {
      code: "WINDLASS_HANDLER_NOT_A_FUNCTION",
      message: `the handler of ${subject} must be a function, got ${show(body)}`,
      hint: isClass(body) ? "use `app.cls` for a class" : "pass the function as the last argument",
    },
  ];
}

/** Options of a valid handler that do not go with it. */
export function checkHandlerOptions(
  handler: { readonly length: number },
  { schedule, retries = 0 }: AnyFunctionOptions,
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
  if (schedule !== undefined && isGenerator(handler)) {
    violations.push({
      code: "WINDLASS_SCHEDULED_GENERATOR",
      message: `${subject} has a schedule, but is a generator: nobody takes what it yields`,
      hint: "schedule a function that iterates it",
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

export function checkClass(
  body: unknown,
  methods: readonly string[],
  subject: string,
): Violation[] {
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

/** Hooks of a valid class. */
export function checkHooks(ctor: AnyClass, options: AnyClsOptions, subject: string): Violation[] {
  const violations: Violation[] = [];
  const prototype = ctor.prototype as Record<symbol, unknown>; // Any object can be read by symbol.
  for (const [name, hook] of Object.entries({ enter, enterSnapshot, exit, preempt })) {
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
