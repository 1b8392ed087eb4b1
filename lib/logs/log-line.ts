import { parseCallId } from "../ids.ts";

/** A line that a container of an app wrote. */
export interface LogLine {
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  readonly app: string;
  /** The function or class; `null` of `system`. */
  readonly function: string | null;
  readonly container: string | null;
  /**
   * The call that ran: in a container that runs one input at a time. Calls that were made in one turn of the event loop
   * share an id.
   */
  readonly call: string | null;
  /** `system` is what Windlass itself says in a container. */
  readonly stream: "stdout" | "stderr" | "system";
  readonly text: string;
}

/** Which lines; without any field all of them. */
export interface LogFilter {
  /** Of one function or class. */
  readonly function?: string | undefined;
  /** Of one container, `ct-…`. */
  readonly container?: string | undefined;
  /** Of one call, `fc-…`. */
  readonly call?: string | undefined;
  readonly stream?: LogLine["stream"] | undefined;
  /** A text that is in the line as it is written, or what the line matches. */
  readonly search?: string | RegExp | undefined;
}

/** From when to before when, in milliseconds since 1970. */
export interface LogSpan {
  readonly from: number;
  readonly to: number;
}

/** Where the lines of an app are. */
export interface LogSource {
  /** Lines of a time, in the order of their time. */
  read(span: LogSpan): AsyncIterable<LogLine>;
  /** The last lines before `to`, the oldest first. */
  tail(
    count: number,
    span: { readonly from?: number | undefined; readonly to: number },
  ): Promise<readonly LogLine[]>;
  /** Lines from then on, as they are written, until the signal says so. */
  follow(from: number, signal?: AbortSignal): AsyncIterable<LogLine>;
}

/** True for a line that is meant. */
export function isWanted(line: LogLine, filter: LogFilter): boolean {
  const { function: name, container, call, stream, search } = filter;
  if (name !== undefined && line.function !== name) return false;
  if (container !== undefined && line.container !== container) return false;
  // A call of a group is told by its group alone.
  if (call !== undefined && line.call !== parseCallId(call).callId) return false;
  if (stream !== undefined && line.stream !== stream) return false;
  if (search === undefined) return true;
  if (typeof search === "string") return line.text.includes(search);
  search.lastIndex = 0;
  return search.test(line.text);
}
