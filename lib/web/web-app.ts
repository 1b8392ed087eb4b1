// biome-ignore-start lint/suspicious/noTsIgnore: it is for whoever uses this without the types of Node, not for this place.
/** @ts-ignore Without the types of Node it is `any`. */
type IncomingMessage = import("node:http").IncomingMessage;
/** @ts-ignore Without the types of Node it is `any`. */
type ServerResponse = import("node:http").ServerResponse;
/** @ts-ignore Without the types of Node it is `any`. */
type Server = import("node:http").Server;
// biome-ignore-end lint/suspicious/noTsIgnore: it is for whoever uses this without the types of Node, not for this place.

/** Answers a request, as the Fetch standard has it. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/** Answers a request of `node:http`; an Express app is one. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => unknown;

const LISTENER: unique symbol = Symbol.for("windlass.nodeListener");

/** A listener of `node:http` that says that it is one. */
export interface MarkedListener {
  readonly [LISTENER]: NodeListener;
}

/** What a web app is: a function that speaks `fetch`, an object with one, or {@link nodeListener}. */
export type WebApp = Fetch | { readonly fetch: Fetch } | MarkedListener;

/** What the factory of a web app is given. */
export interface WebAppContext {
  /**
   * The server that the app is behind, for what attaches itself to one: `new WebSocketServer({ server })` of ws,
   * socket.io, `injectWebSocket` of Hono. It does not listen: connections are given to it.
   */
  readonly server: Server;
}

/** Makes a web app, once in each container. */
export type WebAppFactory = (context: WebAppContext) => WebApp | Promise<WebApp>;

/** What starts a server process is given. */
export interface WebServerContext {
  /** Where it has to listen: `port` of its options, and on this machine a free one. */
  readonly port: number;
}

/**
 * Makes a web app of what listens to `node:http`: Express, Koa's `callback()`, `fastify.routing`.
 * @example app.webApp("site", {}, () => nodeListener(express()))
 */
export function nodeListener(listener: NodeListener): MarkedListener {
  return { [LISTENER]: listener };
}

/** What a web app does with a request, or undefined for what is none. */
export function readWebApp(
  value: unknown,
): { readonly fetch: Fetch } | { readonly listener: NodeListener } | undefined {
  if (typeof value === "function") return { fetch: value as Fetch }; // Typed by WebApp.
  if (typeof value !== "object" || value === null) return undefined;
  if (LISTENER in value) return { listener: value[LISTENER] as NodeListener };
  const { fetch } = value as { readonly fetch?: unknown };
  if (typeof fetch !== "function") return undefined;
  return { fetch: (request) => Reflect.apply(fetch, value, [request]) as Response };
}
