import type { ContainerOptions } from "../options/function-options.ts";
import type { StandardSchema } from "../standard-schema.ts";

/** Methods that an endpoint can have. One for GET answers HEAD too. */
export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Which origins may read answers in a browser. */
export interface CorsOptions {
  /** @default - every origin */
  readonly origins?: readonly string[] | undefined;
  /** Cookies and credentials are sent along; then `origins` must be given. @default false */
  readonly credentials?: boolean | undefined;
}

/** Which JSON Web Tokens are accepted, by the names of RFC 7519. */
export interface JwtOptions {
  /** What their `iss` is, for instance `https://accounts.google.com`. */
  readonly issuer: string;
  /** What their `aud` is, or has among others: one of these. */
  readonly audience: string | readonly string[];
  /** Where the keys of the issuer are, as a JWK Set. @default - where OpenID discovery of the issuer says */
  readonly jwksUrl?: string | undefined;
  /** What other claims must be: one of these, or a list or text of words that has one of them. @default {} */
  readonly claims?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/**
 * Who is let in; others get 401, and with `iam` 403.
 * - `"bearer"`: whoever sends `Authorization: Bearer …` with a token of `windlass token create`
 * - `"iam"`: whoever signs requests with AWS credentials that may call the function; `windlass serve` lets all in
 * - `jwt`: whoever sends `Authorization: Bearer …` with a JSON Web Token of an issuer
 */
export type AuthOptions = "none" | "bearer" | "iam" | { readonly jwt: JwtOptions };

/** Who may send requests. */
export interface AccessOptions {
  /** @default "none" */
  readonly auth?: AuthOptions | undefined;
  /**
   * Requests of one client go to the same container while it lives, by a cookie that answers set and clients send.
   * @default false
   */
  readonly sticky?: boolean | undefined;
  /** Whether pages of other origins may read answers. @default - true for endpoints, false for whole apps and servers */
  readonly cors?: boolean | CorsOptions | undefined;
}

/** How a request reaches a handler. */
export interface RouteOptions {
  /** @default "GET" */
  readonly method?: HttpMethod | undefined;
  /** Begins with `/`; a segment may be a `:name`, the last one `*`. @default "/" */
  readonly path?: string | undefined;
  /** Standard Schema of the query: names with text, or an array of it. @default - not checked */
  readonly query?: StandardSchema | undefined;
  /**
   * Standard Schema of the body: JSON, a form, or multipart with files, up to 100 MiB.
   * @default - the body is not read
   */
  readonly body?: StandardSchema | undefined;
  /** Serves OpenAPI at `/openapi.json` and a page about it at `/docs`. @default false */
  readonly docs?: boolean | undefined;
}

/** What options of functions do not apply to those that answer HTTP requests. */
type WebContainerOptions = Omit<ContainerOptions, "batch" | "retries" | "singleUseContainers">;

/** Options of an endpoint. */
export interface EndpointOptions extends WebContainerOptions, RouteOptions, AccessOptions {}

/** Options of an app or server behind HTTP. */
export interface WebAppOptions extends WebContainerOptions, AccessOptions {}

/** Options of a server process. */
export interface WebServerOptions extends WebAppOptions {
  /** Where it listens, 1 to 65535, on every interface or on 127.0.0.1. */
  readonly port: number;
}

/** What a class of Python has on the web. */
export interface PythonClsWebOptions extends AccessOptions {
  /** The method, decorated with `@windlass.asgi`, that returns an ASGI app once the object has entered. */
  readonly pythonAsgi?: string | undefined;
  /** The method, decorated with `@windlass.wsgi`, that returns a WSGI app once the object has entered. */
  readonly pythonWsgi?: string | undefined;
  /** Standard Schema of the parameters of `__init__` that requests say in their query. @default - they say none */
  readonly params?: StandardSchema | undefined;
}

/** What a class has on the web. */
export interface ClsWebOptions<Methods extends string = string> extends AccessOptions {
  /** Methods that answer HTTP requests, each with its route; its path is `/` and its name where none is given. */
  readonly endpoints?: { readonly [Name in Methods]?: RouteOptions } | undefined;
  /** The method that returns what `app.webApp` is given, once the object has entered. */
  readonly webApp?: Methods | undefined;
}
