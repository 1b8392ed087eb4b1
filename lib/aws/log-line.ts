/** A line that user code in a container wrote. */
export interface LogLine {
  readonly function: string;
  readonly container: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/**
 * As CloudWatch Logs gets it: `<function> <container> <stream> <text>`, with tabs between. In each line, because the
 * name of a log stream is that of ECS's task and tells neither.
 */
export function formatLogLine({ function: name, container, stream, text }: LogLine): string {
  return `${name}\t${container}\t${stream}\t${text}`;
}

/** Undefined for a line that is not of user code. */
export function parseLogLine(line: string): LogLine | undefined {
  const match = /^([^\t]+)\t(ct-[^\t]+)\t(stdout|stderr)\t(.*)$/s.exec(line);
  if (match === null) return undefined;
  const [, name = "", container = "", stream, text = ""] = match;
  return { function: name, container, stream: stream as LogLine["stream"], text }; // By the expression.
}
