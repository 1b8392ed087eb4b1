import { ExecutionError } from "../lib/errors.ts";
import { readOwnPackage } from "../lib/local/bundle/own-package.ts";
import { addCommands, type CommandEntry, type Invocation } from "./command-table.ts";
import { exit } from "./exit.ts";
import { createCommand, parse } from "./parse.ts";
import { EXIT, reportError, reportUncaught } from "./report.ts";

/** Parses the command line, runs the command and ends the process with its exit code. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const debug = args.includes("--debug");
  process.on("uncaughtException", (error) => {
    // The reader of our output is gone, so there is nobody to tell.
    if ("code" in error && error.code === "EPIPE") process.exit(EXIT.failure);
    exit(reportUncaught(error, debug));
  });
  process.once("beforeExit", () => exit(reportError(stalled(), debug)));
  try {
    exit(await dispatch(args));
  } catch (error) {
    exit(reportError(error, debug));
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  let chosen: { entry: CommandEntry; invocation: Invocation } | undefined;
  const program = createCommand("windlass")
    .description("Run TypeScript functions on this machine as if it were a cluster")
    .version(readOwnPackage().version)
    .enablePositionalOptions();
  addCommands(program, (entry, invocation) => {
    chosen = { entry, invocation };
  });
  const shown = parse(program, args);
  if (shown !== undefined || chosen === undefined) return shown ?? EXIT.success;
  const { run } = await chosen.entry.load();
  return run(chosen.invocation);
}

function stalled(): ExecutionError {
  return new ExecutionError(
    "WINDLASS_STALLED",
    "the app waits for something that can no longer happen",
    { hint: "look for an `await` of a promise that nothing resolves" },
  );
}
