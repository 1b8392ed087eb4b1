import { toJsonSchema } from "../standard-schema.ts";
import type { WebDefinition } from "./definition.ts";
import type { HttpMethod } from "./options.ts";

/** Which origins may read answers in a browser. */
export interface CorsSpec {
  /** `null`: every origin. */
  readonly origins: readonly string[] | null;
  readonly credentials: boolean;
}

/** How requests reach a handler. */
export interface RouteSpec {
  readonly method: HttpMethod;
  readonly path: string;
  /** The method of a class that answers; `null` for a function. */
  readonly target: string | null;
  /** JSON Schemas; `null` where there is no schema or its library cannot write it. */
  readonly query: Readonly<Record<string, unknown>> | null;
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** Interfaces of apps that are written in Python. */
export type PythonWebKind = "asgi" | "wsgi";

interface AccessSpec {
  readonly auth: "none" | "bearer";
  /** `null`: what it answers says what browsers may read. */
  readonly cors: CorsSpec | null;
}

/** What a function or class has on the web, resolved. */
export type WebSpec = AccessSpec &
  (
    | {
        readonly kind: "endpoints";
        readonly routes: readonly RouteSpec[];
        readonly docs: boolean;
      }
    /** `target`: the method of a class that makes the app; `null` for a function, which is it. */
    | { readonly kind: "app"; readonly target: string | null }
    | { readonly kind: PythonWebKind; readonly target: string | null }
    | { readonly kind: "server"; readonly port: number }
  );

/** What a function has on the web as its spec says it; `null`: nothing. */
export function toWebSpec(web: WebDefinition | undefined): WebSpec | null {
  if (web === undefined) return null;
  const access = { auth: web.auth, cors: web.cors ?? null };
  if (web.kind === "server") return { ...access, kind: web.kind, port: web.port };
  if (web.kind !== "endpoints") return { ...access, kind: web.kind, target: web.target ?? null };
  const routes = web.routes.map(({ method, path, target, query, body }) => ({
    method,
    path,
    target: target ?? null,
    query: (query && toJsonSchema(query).schema) ?? null,
    body: (body && toJsonSchema(body).schema) ?? null,
  }));
  return { ...access, kind: web.kind, routes, docs: web.hasDocs };
}
