import type { IncomingMessage } from "node:http";

/** Headers that are about one connection [RFC 9110, 7.6.1], and none of what is passed on. */
export const OF_A_CONNECTION: readonly string[] = [
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"],
  "upgrade",
];

/** Names as they were written, and values: one pair for each line. */
export function* headerLines({
  rawHeaders,
}: Pick<IncomingMessage, "rawHeaders">): Generator<[name: string, value: string]> {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    yield [rawHeaders[at] ?? "", rawHeaders[at + 1] ?? ""];
  }
}

/** Takes headers away whose names, in lower case, are such. */
export function dropHeaders(
  { rawHeaders, headers }: Pick<IncomingMessage, "rawHeaders" | "headers">,
  isDropped: (name: string) => boolean,
): void {
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    if (!isDropped(name)) continue;
    rawHeaders.splice(at, 2);
    delete headers[name];
  }
}

/** Adds one, as if it had come with the request. */
export function addHeader(
  { rawHeaders, headers }: Pick<IncomingMessage, "rawHeaders" | "headers">,
  name: string,
  value: string,
): void {
  rawHeaders.push(name, value);
  headers[name] = value;
}
