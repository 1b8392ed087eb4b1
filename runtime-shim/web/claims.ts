import type { IncomingMessage } from "node:http";
import type { JWTPayload } from "jose";
import { addHeader, dropHeaders } from "./raw-headers.ts";

/** Tells apps what a token says that was let in. */
const HEADER = "x-windlass-claims";

const claims: WeakMap<IncomingMessage, JWTPayload> = new WeakMap();

/** What the token of a request says; undefined where none was asked for. */
export function claimsOf(request: IncomingMessage): JWTPayload | undefined {
  return claims.get(request);
}

/** Tells whoever answers a request what its token says: endpoints by a field, apps by a header. */
export function setClaims(request: IncomingMessage, payload: JWTPayload): void {
  claims.set(request, payload);
  // Headers are bytes: what is beyond ASCII is escaped, as JSON may be.
  const text = JSON.stringify(payload).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  addHeader(request, HEADER, text);
}

/** What a client says of its token is not what it was let in with. */
export function dropClaims(request: IncomingMessage): void {
  // Apps of WSGI cannot tell the two.
  dropHeaders(request, (name) => name.replaceAll("_", "-") === HEADER);
}
