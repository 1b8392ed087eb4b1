import type { IncomingMessage, ServerResponse } from "node:http";
import { isWindlassError } from "../../lib/errors.ts";
import type { OnFailed } from "./failed-requests.ts";
import { HttpRequest } from "./http-request.ts";
import { invalidRequest, type Problem, type Refusal, refuse } from "./problem.ts";
import { grouped, readBody } from "./read-body.ts";
import { type Route, Router } from "./router.ts";
import { validate } from "./validate.ts";
import type { Site } from "./web-server.ts";
import { writeResult } from "./write-result.ts";

/** Pages of the site's own, by path. */
export type Pages = ReadonlyMap<string, { readonly type: string; readonly text: () => string }>;

/** Answers requests by handlers: finds the route, validates what it takes, and writes what it gives. */
export class EndpointSite implements Site {
  readonly #router: Router;
  readonly #pages: Pages;
  readonly #onFailed: OnFailed;

  constructor(routes: readonly Route[], pages: Pages, onFailed: OnFailed) {
    this.#router = new Router(routes);
    this.#pages = pages;
    this.#onFailed = onFailed;
  }

  request(request: IncomingMessage, response: ServerResponse): Promise<void> | void {
    const { url = "/", method = "GET" } = request;
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    const match = this.#router.find(path);
    if (match === undefined) return this.#page(path, request, response);
    const route = match.byMethod.get(method);
    if (route === undefined) {
      return refuse(response, notAllowed(method, path, [...match.byMethod.keys()]));
    }
    const asked = new HttpRequest(request, response, match.params);
    const query = mark < 0 ? "" : url.slice(mark + 1);
    // What needs nothing that comes later is answered in this turn.
    if (route.body === undefined && route.query === undefined && !route.takesInput) {
      asked.query = toQuery(query);
      return this.#run(route, asked, response);
    }
    return this.#validated(route, { asked, query, request }, response);
  }

  async #validated(
    route: Route,
    given: {
      readonly asked: HttpRequest;
      readonly query: string;
      readonly request: IncomingMessage;
    },
    response: ServerResponse,
  ): Promise<void> {
    const { asked, query, request } = given;
    try {
      const problems: Problem[] = [];
      asked.query = toQuery(query);
      if (route.query !== undefined) {
        const checked = await validate(route.query, "query", asked.query);
        if (checked.problems === undefined) asked.query = checked.value;
        else problems.push(...checked.problems);
      }
      if (route.body !== undefined || (route.takesInput && route.method !== "GET")) {
        const read = await readBody(request);
        if (read.refusal !== undefined) return refuse(response, read.refusal);
        asked.body = read.value;
      }
      if (route.body !== undefined) {
        const checked = await validate(route.body, "body", asked.body);
        if (checked.problems === undefined) asked.body = checked.value;
        else problems.push(...checked.problems);
      }
      if (problems.length > 0) return refuse(response, invalidRequest(problems));
    } catch (error) {
      return this.#failed(error, route, response);
    }
    await this.#run(route, asked, response);
  }

  #run(route: Route, asked: HttpRequest, response: ServerResponse): Promise<void> | void {
    try {
      const result = route.takesInput
        ? route.run(route.method === "GET" ? asked.query : asked.body, asked)
        : route.run(asked);
      if (result instanceof Promise) return this.#settle(result, route, response);
      const written = writeResult(response, result);
      if (written === undefined) return undefined;
      return written.catch((error: unknown) => this.#failed(error, route, response));
    } catch (error) {
      return this.#failed(error, route, response);
    }
  }

  async #settle(result: Promise<unknown>, route: Route, response: ServerResponse): Promise<void> {
    try {
      const value = await result;
      // Its time was over, or its client has gone.
      if (response.headersSent || response.closed) return;
      await writeResult(response, value);
    } catch (error) {
      this.#failed(error, route, response);
    }
  }

  #failed(error: unknown, { target }: Route, response: ServerResponse): void {
    if (isWindlassError(error) && "status" in error && error.code === "WINDLASS_HTTP_ERROR") {
      const { code, message, status } = error;
      refuse(response, { status: Number(status), code, message });
      return;
    }
    // A client that has gone is told nothing.
    if (response.closed) return;
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    refuse(response, FAILED);
    this.#onFailed({ kind: "error", error, method: target });
  }

  #page(path: string, request: IncomingMessage, response: ServerResponse): void {
    const page = this.#pages.get(path);
    if (page === undefined) {
      const message = `nothing answers ${path}`;
      refuse(response, { status: 404, code: "WINDLASS_NO_SUCH_PATH", message });
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      refuse(response, notAllowed(request.method ?? "", path, ["GET", "HEAD"]));
      return;
    }
    const text = page.text();
    response.writeHead(200, {
      "content-type": page.type,
      "content-length": Buffer.byteLength(text),
    });
    response.end(text);
  }
}

const FAILED: Refusal = {
  status: 500,
  code: "WINDLASS_ENDPOINT_FAILED",
  message: "the endpoint failed; its log says why",
};

function toQuery(text: string): unknown {
  return text === "" ? {} : grouped(new URLSearchParams(text));
}

function notAllowed(method: string, path: string, allowed: readonly string[]): Refusal {
  const allow = [...allowed].sort().join(", ");
  return {
    status: 405,
    code: "WINDLASS_METHOD_NOT_ALLOWED",
    message: `${path} does not take ${method}; it takes ${allow}`,
    headers: { allow },
  };
}
