/** A line that user code in a container wrote. */
export interface LogLine {
  readonly function: string;
  readonly container: string;
  readonly stream: "stdout" | "stderr";
  /** The call that ran, where one ran at a time. */
  readonly call?: string | undefined;
  readonly text: string;
}

/**
 * As CloudWatch Logs gets it: `<function> <container> <stream> <text>`, with tabs between, and the call after the stream
 * where it is known. In each line, because the name of a log stream is that of ECS's task and tells none of it.
 */
export function formatLogLine({ function: name, container, stream, call, text }: LogLine): string {
  const by = call === undefined ? stream : `${stream} ${call}`;
  return `${name}\t${container}\t${by}\t${text}`;
}

/** Undefined for a line that is not of user code. */
export function parseLogLine(line: string): LogLine | undefined {
  const match = /^([^\t]+)\t(ct-[^\t]+)\t(stdout|stderr)(?: (fc-[^\t]+))?\t(.*)$/s.exec(line);
  if (match === null) return undefined;
  const [, name = "", container = "", stream, call, text = ""] = match;
  return {
    ...{ function: name, container, text },
    stream: stream as LogLine["stream"], // By the expression.
    ...(call !== undefined && { call }),
  };
}
