import type { IncomingMessage, ServerResponse } from "node:http";
import type { CorsSpec } from "../../lib/web/web-spec.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
/** How long browsers need not ask again, in seconds: what Chromium keeps at most. */
const MAX_AGE = "7200";

/**
 * Lets pages of other origins read the answer. Answers a browser that asks whether it may send a request, and is then
 * true.
 */
export function applyCors(
  { origins, credentials }: CorsSpec,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return false;
  const isAllowed = origins === null || origins.includes(origin);
  if (isAllowed) {
    response.setHeader("access-control-allow-origin", origins === null ? "*" : origin);
    response.setHeader("access-control-expose-headers", "*");
    if (credentials) response.setHeader("access-control-allow-credentials", "true");
  }
  if (origins !== null) response.setHeader("vary", "origin");
  const asks = request.headers["access-control-request-method"];
  if (request.method !== "OPTIONS" || asks === undefined) return false;
  if (isAllowed) {
    const headers = request.headers["access-control-request-headers"];
    response.setHeader("access-control-allow-methods", METHODS);
    if (headers !== undefined) response.setHeader("access-control-allow-headers", headers);
    response.setHeader("access-control-max-age", MAX_AGE);
  }
  response.writeHead(204).end();
  return true;
}
