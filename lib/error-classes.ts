const KEY: symbol = Symbol.for("windlass.error-classes");

/** A class whose instances are errors. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** Error classes under the names that they travel under: a bundler may rename the classes themselves. */
export type ErrorClasses = Readonly<Record<string, ErrorClass>>;

/** Classes by name, and then by who named them. */
type Known = Map<string, Map<string, ErrorClass>>;

// By a registered symbol: the runner, the CLI and the user's bundle each load a copy of this package.
const shared = globalThis as unknown as Record<symbol, Known | undefined>;

/** The error classes of the language, by name. */
export const LANGUAGE_ERRORS: ReadonlyMap<string, new (...args: never[]) => Error> = new Map(
  [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AggregateError,
  ].map((errorClass) => [errorClass.name, errorClass] as const),
);

/** True for a class that extends Error. */
export function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === "function" && value.prototype instanceof Error;
}

/**
 * From now on errors of these classes arrive as instances. What the same owner has named before is replaced: a module
 * that is evaluated twice has two of each of its classes.
 */
export function knowErrors(owner: string, classes: ErrorClasses): void {
  shared[KEY] ??= new Map();
  for (const [name, errorClass] of Object.entries(classes)) {
    const byOwner = shared[KEY].get(name) ?? new Map<string, ErrorClass>();
    shared[KEY].set(name, byOwner.set(owner, errorClass));
  }
}

/** The class of this name; undefined where there is none, or where there are several. */
export function knownError(name: string): ErrorClass | undefined {
  const byOwner = shared[KEY]?.get(name);
  if (byOwner === undefined) return undefined;
  const [only, ...others] = new Set(byOwner.values());
  return others.length === 0 ? only : undefined;
}

/** The name that this class travels under: the one it is known by, else its own. */
export function nameOfErrorClass(errorClass: { readonly name: unknown }): string | undefined {
  const own = typeof errorClass.name === "string" ? errorClass.name : "";
  const known: string[] = [];
  for (const [name, byOwner] of shared[KEY] ?? []) {
    if ([...byOwner.values()].some((one) => one === errorClass)) known.push(name);
  }
  const name = known.includes(own) ? own : (known[0] ?? own);
  return name === "" ? undefined : name;
}
