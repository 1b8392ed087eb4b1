import { inspect } from "node:util";
import { isWindlassError, type WindlassError } from "../lib/errors.ts";
import { inspectUserError, isThrownByWindlass, userFrame } from "./stack.ts";
import { hasColors, styled } from "./terminal.ts";
import { UsageError, UserCodeError } from "./usage-error.ts";

/** How the program ends. */
export const EXIT = {
  success: 0,
  failure: 1,
  usage: 2,
  bug: 70,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** Prints an error for the user and returns the exit code that it stands for. */
export function reportError(error: unknown, debug: boolean): number {
  if (error instanceof UserCodeError) return reportUserError(error.cause, debug);
  if (isWindlassError(error)) {
    printWindlassError(error, debug);
    return error instanceof UsageError ? EXIT.usage : EXIT.failure;
  }
  print(`${label("error[WINDLASS_BUG]")} Windlass failed in a way that it should not`);
  print(inspectWhole(error));
  print(`${label("hint:")} please report this with the lines above at the project's issue tracker`);
  return EXIT.bug;
}

/** Reports what nobody caught: an error of user code, unless the code that threw is Windlass's own. */
export function reportUncaught(error: unknown, debug: boolean): number {
  const own = isThrownByWindlass(error) && !isWindlassError(error);
  return reportError(own ? error : new UserCodeError(error), debug);
}

function reportUserError(error: unknown, debug: boolean): number {
  if (isWindlassError(error)) printWindlassError(error, debug);
  else print(debug ? inspectWhole(error) : inspectUserError(error, hasColors(process.stderr)));
  return EXIT.failure;
}

function printWindlassError(error: WindlassError, debug: boolean): void {
  const { code, message, hint, cause } = error;
  print(`${label(`error[${code}]`)} ${message}`);
  const place =
    "place" in error && typeof error.place === "string" ? error.place : userFrame(error);
  if (place !== undefined) print(indent(place));
  // What the message tells already is not told again with the fields of an error of AWS.
  const isTold = cause instanceof Error && message.includes(cause.message);
  if (cause !== undefined && !isTold && !debug) {
    print(indent(`caused by ${inspectUserError(cause, hasColors(process.stderr))}`));
  }
  if (hint !== undefined) print(`${label("hint:")} ${hint}`);
  if (debug) print(inspectWhole(error));
}

function label(text: string): string {
  return styled(text.startsWith("hint") ? "cyan" : ["bold", "red"], text, process.stderr);
}

function inspectWhole(error: unknown): string {
  return inspect(error, { colors: hasColors(process.stderr) });
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}

function print(text: string): void {
  process.stderr.write(`${text}\n`);
}
