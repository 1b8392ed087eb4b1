import { checkKey } from "../client/idempotency.ts";
import { InvalidError } from "../errors.ts";
import { checkKnown, type KnownOptions } from "./known.ts";
import { show } from "./show.ts";
import { throwViolations } from "./violation.ts";

interface MapCall {
  readonly method: string;
  readonly items: unknown;
  readonly options: object;
  /** Names of its options. */
  readonly names: readonly string[];
}

const RENAMED: ReadonlyMap<string, string> = new Map([
  ["orderoutputs", "`ordered`"],
  ["order", "`ordered`"],
  ["returnerrors", "`returnExceptions`"],
  ["ignoreerrors", "`ignoreExceptions`"],
  ["idempotency", "`idempotencyKey`"],
  ["key", "`idempotencyKey`"],
]);

/** Checks what a call of many inputs was given. @throws InvalidError */
export function checkMapArguments(subject: string, call: MapCall): void {
  const { items, method, options, names } = call;
  const name = `${method}() of ${subject}`;
  if (!isIterable(items)) {
    throw new InvalidError(
      "WINDLASS_NOT_ITERABLE",
      `${name} takes an iterable or async iterable of inputs, got ${show(items)}`,
      { hint: "pass an array, a generator or a stream" },
    );
  }
  const { values, violations } = checkKnown(options, { subject: name, names, renamed: RENAMED });
  const key = values?.["idempotencyKey"];
  if (key !== undefined && typeof key !== "function") checkKey(name, key);
  const booleans = names.filter((option) => option !== "idempotencyKey");
  checkBooleans(name, { values, names: booleans, violations });
  throwViolations(name, violations, checkMapArguments);
}

function checkBooleans(
  name: string,
  { values, names, violations }: KnownOptions & { readonly names: readonly string[] },
): void {
  for (const option of names) {
    const value = values?.[option];
    if (value === undefined || typeof value === "boolean") continue;
    violations.push({
      code: "WINDLASS_NOT_A_BOOLEAN",
      message: `\`${option}\` of ${name} must be true or false, got ${show(value)}`,
      hint: "write `true` or `false`",
    });
  }
}

/** Checks what `cancel` of a call was given. @throws InvalidError */
export function checkCancelOptions(options: object): void {
  const names = ["terminateContainers"];
  const { values, violations } = checkKnown(options, { subject: "cancel()", names });
  checkBooleans("cancel()", { values, names, violations });
  throwViolations("cancel()", violations, checkCancelOptions);
}

function isIterable(value: unknown): boolean {
  if (typeof value === "string") return true;
  if (typeof value !== "object" || value === null) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}

export function generatorError(subject: string, method: string): InvalidError {
  return new InvalidError(
    "WINDLASS_CALLED_GENERATOR",
    `${subject} is a generator, which ${method}() cannot run`,
    { hint: "iterate its remoteGen() instead" },
  );
}

export function notGeneratorError(subject: string): InvalidError {
  return new InvalidError(
    "WINDLASS_NOT_A_GENERATOR",
    `${subject} is not a generator, so it has no remoteGen()`,
    { hint: "call its remote() instead, or write it as `function*`" },
  );
}
