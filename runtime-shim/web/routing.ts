import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { WebSpec } from "../../lib/web/web-spec.ts";

/** The cookie that names the container of a client. */
export const CONTAINER_COOKIE = "windlass-container";

/** What a container does about connections that were brought to it by what their first request said. */
export interface Routing {
  /** False for a request that is not for this container, and gets no answer here. */
  route(request: IncomingMessage, response: ServerResponse): boolean;
}

/** That of a function; undefined where any request may come on any connection. */
export function routingOf(
  web: Pick<WebSpec, "sticky"> & { readonly params?: unknown },
  container: string,
): Routing | undefined {
  // Manifests of before there were any say nothing of them.
  const isByParams = web.params !== null && web.params !== undefined;
  return isByParams || web.sticky
    ? new FirstRequests(web.sticky, { isByParams, container })
    : undefined;
}

class FirstRequests implements Routing {
  readonly #isSticky: boolean;
  readonly #isByParams: boolean;
  readonly #container: string;
  readonly #seen: WeakSet<Socket> = new WeakSet();

  constructor(
    isSticky: boolean,
    { isByParams, container }: { readonly isByParams: boolean; readonly container: string },
  ) {
    this.#isSticky = isSticky;
    this.#isByParams = isByParams;
    this.#container = container;
  }

  route(request: IncomingMessage, response: ServerResponse): boolean {
    const isFirst = !this.#seen.has(request.socket);
    this.#seen.add(request.socket);
    if (this.#isByParams) {
      // The next one may say other parameters. What was sent ahead is sent again elsewhere [RFC 9112, 9.3.2].
      if (!isFirst) return false;
      response.setHeader("connection", "close");
    }
    if (this.#isSticky && !this.#isNamed(request)) this.#stick(response, isFirst);
    return true;
  }

  #isNamed({ headers }: IncomingMessage): boolean {
    const cookies = (headers.cookie ?? "").split(";").map((cookie) => cookie.trim());
    return cookies.includes(`${CONTAINER_COOKIE}=${this.#container}`);
  }

  #stick(response: ServerResponse, isFirst: boolean): void {
    // On a connection that it has had before, the client has come to know another container: that has the next request.
    if (!isFirst) {
      response.setHeader("connection", "close");
      return;
    }
    const cookie = `${CONTAINER_COOKIE}=${this.#container}; Path=/; HttpOnly; SameSite=Lax`;
    addCookie(response, cookie);
  }
}

/** Adds a cookie to those of whoever answers, who does not know of this one, once the head is written. */
function addCookie(response: ServerResponse, cookie: string): void {
  const { writeHead } = response;
  const write = (...args: readonly unknown[]): unknown => {
    response.writeHead = writeHead;
    const given = args.at(-1);
    const hasHeaders = typeof given === "object" && given !== null;
    if (hasHeaders) setHeaders(response, given);
    response.appendHeader("set-cookie", cookie);
    return Reflect.apply(writeHead, response, hasHeaders ? args.slice(0, -1) : args);
  };
  response.writeHead = write as typeof writeHead; // Node's has several signatures.
}

/** As `writeHead` sets them: an object, or names and values in turn, where a name may stand several times. */
function setHeaders(response: ServerResponse, given: object): void {
  if (!Array.isArray(given)) {
    for (const [name, value] of Object.entries(given)) response.setHeader(name, value);
    return;
  }
  const pairs = given.flatMap((name, at) => (at % 2 === 0 ? [[String(name), given[at + 1]]] : []));
  for (const [name] of pairs) response.removeHeader(String(name));
  for (const [name, value] of pairs) {
    response.appendHeader(String(name), Array.isArray(value) ? value.map(String) : String(value));
  }
}
