const OWN_FILE: string = import.meta.url;

/** Leaves only frames of user code: ours and Node's internals tell a user nothing. */
export function trimStack(error: Error): void {
  const { stack } = error;
  if (typeof stack !== "string") return;
  const lines = stack.split("\n").filter((line) => !isInternal(line));
  try {
    error.stack = lines.join("\n");
  } catch {
    // A frozen error keeps its stack as it is.
  }
  if (error.cause instanceof Error) trimStack(error.cause);
}

function isInternal(line: string): boolean {
  const isFrame = /^\s+at /.test(line);
  return (
    isFrame && (line.includes("(node:") || line.includes("at node:") || line.includes(OWN_FILE))
  );
}
