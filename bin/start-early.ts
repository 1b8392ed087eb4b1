import { prewarmRunner } from "../lib/local/container.ts";
import { findProject } from "../lib/local/project.ts";
import { parseReference } from "./reference.ts";

/**
 * Starts the process of the first container before anything else is loaded, if the command line is likely to need
 * one: starting it takes as long as all that this process has to do until then.
 */
export function startRunnerEarly([command, ...args]: readonly string[]): void {
  if (
    (command !== "run" && command !== "serve") ||
    args.some((arg) => /^(--help|-h|--inspect.*)$/.test(arg))
  )
    return;
  const operand = args.find((arg) => !arg.startsWith("-"));
  if (operand === undefined) return;
  try {
    prewarmRunner(findProject(parseReference(operand).file).root, command === "serve");
  } catch {
    // Not a module: the command says so when it comes to it.
  }
}
