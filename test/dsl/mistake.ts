import { App, isWindlassError, type WindlassError } from "windlass";

/** What `define` throws; fails if it throws nothing, or something else than an error of ours. */
export function errorOf(define: () => unknown): WindlassError {
  try {
    define();
  } catch (error) {
    if (isWindlassError(error)) return error;
    throw error;
  }
  throw new RangeError("nothing was thrown");
}

/** Code, message and hint of what `define` throws. */
export function mistake(define: () => unknown): string {
  const { name, code, message, hint } = errorOf(define);
  return `${name} ${code}\n${message}\nhint: ${hint}`;
}

/** The same of what a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<string> {
  const [outcome] = await Promise.allSettled([promise]);
  return mistake(() => {
    if (outcome.status === "rejected") throw outcome.reason;
  });
}

/** One line for each mistake in options of a function. */
export function optionMistakes(...rows: readonly object[]): string {
  return rows.map((options) => mistake(() => defineWith(options))).join("\n\n");
}

function defineWith(options: object): void {
  new App("media").function("resize", options, () => 1);
}
