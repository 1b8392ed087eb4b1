import { ExecutionError } from "../lib/errors.ts";

/** Writes a line of JSON to the log of a function of the environment. */
export function log(fields: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}

/** A variable that the environment gives its functions. @throws ExecutionError where it does not */
export function variable(name: string): string {
  const value = process.env[name];
  if (value !== undefined) return value;
  throw new ExecutionError(
    "WINDLASS_MISCONFIGURED_FUNCTION",
    `the environment variable ${name} is not set`,
    { hint: "deploy the environment again" },
  );
}
