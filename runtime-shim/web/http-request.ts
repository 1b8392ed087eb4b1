import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { JWTPayload } from "jose";
import { cancellation } from "../../lib/errors.ts";
import { claimsOf } from "./claims.ts";
import { endedSignal } from "./ended-signal.ts";
import type { Params } from "./router.ts";

/** A request as handlers of endpoints get it. What few of them ask for is made when it is asked for. */
export class HttpRequest {
  readonly params: Params;
  query: unknown;
  body: unknown;
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;
  #headers: Headers | undefined;
  #request: Request | undefined;
  #signal: AbortSignal | undefined;

  constructor(incoming: IncomingMessage, response: ServerResponse, params: Params) {
    this.#incoming = incoming;
    this.#response = response;
    this.params = params;
  }

  get auth(): JWTPayload | undefined {
    return claimsOf(this.#incoming);
  }

  get headers(): Headers {
    this.#headers ??= toHeaders(this.#incoming);
    return this.#headers;
  }

  get request(): Request {
    this.#request ??= toRequest(this.#incoming, { headers: this.headers, signal: this.signal });
    return this.#request;
  }

  get signal(): AbortSignal {
    this.#signal ??= endedSignal(this.#response, cancellation);
    return this.#signal;
  }
}

/** Headers as the Fetch standard has them. */
export function toHeaders({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  }
  return headers;
}

/** A request as the Fetch standard has it; its body is a stream of what is yet to come. */
export function toRequest(
  incoming: IncomingMessage,
  { headers, signal }: { readonly headers: Headers; readonly signal?: AbortSignal },
): Request {
  const { method = "GET", url = "/" } = incoming;
  const base = `http://${incoming.headers.host ?? "localhost"}`;
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(new URL(url, base), {
    method,
    headers,
    ...(signal !== undefined && { signal }),
    // A web stream of Node's is one of the Fetch standard's, which its types do not say.
    ...(hasBody && {
      body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>,
      duplex: "half",
    }),
  } as RequestInit);
}
