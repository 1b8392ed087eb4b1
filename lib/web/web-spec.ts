import { type StandardSchema, toJsonSchema } from "../standard-schema.ts";
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

/** Which JSON Web Tokens are accepted. */
export interface JwtSpec {
  readonly issuer: string;
  /** A token is for one of these. */
  readonly audience: readonly string[];
  /** `null`: where OpenID discovery of the issuer says. */
  readonly jwksUrl: string | null;
  /** What other claims must be: one of these each. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
}

/** Who is let in. */
export type AuthSpec = "none" | "bearer" | "iam" | { readonly jwt: JwtSpec };

interface AccessSpec {
  readonly auth: AuthSpec;
  /** `null`: what it answers says what browsers may read. */
  readonly cors: CorsSpec | null;
  /** Requests of one client go to the same container while it lives. */
  readonly sticky: boolean;
  /**
   * JSON Schema of the parameters of a class, which requests say in their query: each set of them has containers of its
   * own. Without `properties` all that a query says is one. `null`: it has none.
   */
  readonly params: Readonly<Record<string, unknown>> | null;
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
    /** `isQueued`: requests wait until a container has room for them; false: they get 503 at once. */
    | { readonly kind: "server"; readonly port: number; readonly isQueued: boolean }
  );

/** What a function has on the web as its spec says it; `null`: nothing. */
export function toWebSpec(web: WebDefinition | undefined): WebSpec | null {
  if (web === undefined) return null;
  const { auth, cors = null, sticky, params } = web;
  const access = { auth, cors, sticky, params: toParamsSchema(params) };
  if (web.kind === "server") {
    return { ...access, kind: web.kind, port: web.port, isQueued: web.isQueued };
  }
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

function toParamsSchema(params: StandardSchema | undefined): WebSpec["params"] {
  return params === undefined ? null : (toJsonSchema(params).schema ?? {});
}
