import type { Violation } from "../../lib/options/violation.ts";
import type { FunctionSpec } from "../../lib/spec.ts";

/** Functions that answer requests: on AWS nothing would send them any. */
export function webMistakes(functions: readonly FunctionSpec[]): Violation[] {
  return functions
    .filter(({ web }) => web !== null && web !== undefined)
    .map(({ name, kind }) => ({
      code: "WINDLASS_WEB_NOT_ON_AWS",
      message: `${kind === "cls" ? "class" : "function"} "${name}" answers HTTP requests, which apps on AWS do not yet`,
      hint: "serve it with `windlass serve`, and deploy an app without it",
    }));
}
