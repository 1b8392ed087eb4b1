import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** One thing that is wrong with a request. */
export interface Problem {
  readonly in: "path" | "query" | "body" | "header";
  /** Where in it, for instance `items.0.name`; "": all of it. */
  readonly path: string;
  readonly message: string;
}

/** What is answered instead of what was asked for: the body of every answer of 400 and more that is ours. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly Problem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers `{ error: { code, message, problems } }`, unless the answer has begun: then it ends it unfinished. */
export function refuse(response: ServerResponse, refusal: Refusal): void {
  const { status, code, message, problems, headers } = refusal;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = JSON.stringify({ error: { code, message, problems } });
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** The same to who wanted to take the connection over, for instance as a WebSocket. */
export function refuseUpgrade(socket: Duplex, { status }: Refusal): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nconnection: close\r\n\r\n`);
}

/** What a request of a server is answered with that has no queue. */
export const NO_ROOM: Refusal = {
  status: 503,
  code: "WINDLASS_NO_ROOM",
  message: "no container has room for this request at the moment",
  headers: { "retry-after": "1" },
};

/** What a request is answered with whose parts schemas refuse. */
export function invalidRequest(problems: readonly Problem[]): Refusal {
  const lines = problems.map((problem) =>
    [problem.in, problem.path].filter((part) => part !== "").join("."),
  );
  return {
    status: 400,
    code: "WINDLASS_INVALID_REQUEST",
    message: `the request is not valid: ${lines.map((line, at) => `${line}: ${problems[at]?.message}`).join("; ")}`,
    problems,
  };
}
