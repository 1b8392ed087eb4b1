import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in a file of code that runs: of the user's own, or of a bundle. */
export interface Place {
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The file of the code that called `below`, a function on the stack now: absolute, or undefined where the code is in
 * no file (a REPL, `--eval`).
 */
export function callSite(below: unknown): string | undefined {
  return callPlace(below)?.file;
}

/** The same with line and column. */
export function callPlace(below: unknown): Place | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: unknown } = {};
  Error.stackTraceLimit = 1;
  Error.prepareStackTrace = (_, frames) => frames[0];
  try {
    // V8 leaves out `below` and everything above it, wherever those files are: dist, sources or a bundle.
    Error.captureStackTrace(holder, below as () => void);
    return toPlace(holder.stack as NodeJS.CallSite | undefined); // What prepareStackTrace gives back.
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
}

function toPlace(frame: NodeJS.CallSite | undefined): Place | undefined {
  const name = frame?.getFileName();
  const file = typeof name === "string" ? toPath(name) : undefined;
  if (file === undefined) return undefined;
  return { file, line: frame?.getLineNumber() ?? 1, column: frame?.getColumnNumber() ?? 1 };
}

function toPath(fileName: string): string | undefined {
  // Vite and tsx put a query after the name, to load a file again.
  const file = fileName.replace(/[?#].*$/s, "");
  if (file.startsWith("file:")) return fileURLToPath(file);
  return isAbsolute(file) ? file : undefined;
}
