import { type AnyClass, isGenerator } from "../handler.ts";
import type { AnyClsOptions, AnyFunctionOptions } from "./function-options.ts";
import { checkKnown } from "./known.ts";
import { checkNumber } from "./numbers.ts";
import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

const EXAMPLE = "write `batch: { maxSize: 64, waitMs: 100 }`";
/** As Modal's. */
const MAX_SIZE = 1000;
const MAX_WAIT_MS = 600_000;

/** Checks `{ maxSize: 64, waitMs: 100 }`. */
export function checkBatch(value: unknown, subject: string): Violation[] {
  if (typeof value !== "object" || value === null) {
    const message = `${subject} must be an object with \`maxSize\` and \`waitMs\`, got ${show(value)}`;
    return [{ code: "WINDLASS_INVALID_BATCH", message, hint: EXAMPLE }];
  }
  const names = ["maxSize", "waitMs"];
  const renamed = new Map([
    ["maxbatchsize", "`maxSize`"],
    ["wait", "`waitMs` (in milliseconds)"],
  ]);
  const { values, violations } = checkKnown(value, { subject, names, renamed });
  if (values === undefined) return violations;
  const { maxSize, waitMs } = values;
  const rule = { whole: true, hint: EXAMPLE };
  return [
    ...violations,
    ...checkNumber(
      maxSize,
      { code: "WINDLASS_INVALID_MAX_SIZE", min: 1, max: MAX_SIZE, ...rule },
      `\`maxSize\` of ${subject}`,
    ),
    ...checkNumber(
      waitMs,
      { code: "WINDLASS_INVALID_WAIT_MS", min: 0, max: MAX_WAIT_MS, ...rule },
      `\`waitMs\` of ${subject}`,
    ),
  ];
}

/** What is wrong with the handler of a function that takes batches. */
export function checkBatchHandler(
  handler: unknown,
  { batch }: AnyFunctionOptions,
  subject: string,
): Violation[] {
  if (batch === undefined || !isGenerator(handler)) return [];
  return [
    {
      code: "WINDLASS_BATCH_GENERATOR",
      message: `${subject} has \`batch\`, so it must return an array of outputs, but it is a generator`,
      hint: "remove `batch`, or collect the outputs in an array",
    },
  ];
}

/** What is wrong with the methods of a class that takes batches. */
export function checkBatchMethods(
  { ctor, methods }: { readonly ctor: AnyClass; readonly methods: readonly string[] },
  options: AnyClsOptions,
  subject: string,
): Violation[] {
  if (options.batch === undefined) return [];
  if (methods.length === 1) {
    const prototype = ctor.prototype as Record<string, unknown>; // Its methods, by their names.
    return checkBatchHandler(prototype[methods[0] ?? ""], options, `the method of ${subject}`);
  }
  return [
    {
      code: "WINDLASS_BATCH_METHODS",
      message: `${subject} has \`batch\`, so it must have one method, which takes the batches; it has ${methods.join(", ")}`,
      hint: "move the others to functions or to a class of their own; private ones are `#names`",
    },
  ];
}
