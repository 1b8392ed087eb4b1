import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The file of the code that called `below`, a function on the stack now: absolute, or undefined where the code is in
 * no file (a REPL, `--eval`).
 */
export function callSite(below: unknown): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: unknown } = {};
  Error.stackTraceLimit = 1;
  Error.prepareStackTrace = (_, frames) => frames[0]?.getFileName();
  try {
    // V8 leaves out `below` and everything above it, wherever those files are: dist, sources or a bundle.
    Error.captureStackTrace(holder, below as () => void);
    return typeof holder.stack === "string" ? toPath(holder.stack) : undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
}

function toPath(fileName: string): string | undefined {
  // Vite and tsx put a query after the name, to load a file again.
  const file = fileName.replace(/[?#].*$/s, "");
  if (file.startsWith("file:")) return fileURLToPath(file);
  return isAbsolute(file) ? file : undefined;
}
