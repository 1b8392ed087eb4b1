import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Refusal } from "../../../runtime-shim/web/problem.ts";

/** Answers the first request of a connection instead of a container, and ends it. */
export function refuseConnection(connection: Socket, refusal: Refusal): void {
  const { status, code, message, problems, headers = {} } = refusal;
  const text = JSON.stringify({ error: { code, message, problems } });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(text)}`,
    "connection: close",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  connection.end(`${lines.join("\r\n")}\r\n\r\n${text}`);
  // What is unread when it closes would have it reset, and the answer lost.
  connection.resume();
}
