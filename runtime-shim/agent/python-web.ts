import type { Socket } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import { encodeControl, type Message } from "../../lib/messages.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import type { DoorSpec } from "../../lib/web/door.ts";
import type { PythonWebKind, WebSpec } from "../../lib/web/web-spec.ts";
import { authorizationFor, type FindToken } from "../web/authorize.ts";
import { type OnFailed, sparingly } from "../web/failed-requests.ts";
import { Gate } from "../web/gate.ts";
import { PythonSite } from "../web/python-site.ts";
import type { Routing } from "../web/routing.ts";
import { type WebLoad, WebServer, type WebServerOptions } from "../web/web-server.ts";

/** An app of Python. */
export type PythonWebSpec = WebSpec & { readonly kind: PythonWebKind };

export interface PythonWebOptions {
  readonly spec: FunctionSpec;
  readonly web: PythonWebSpec;
  readonly send: (buffers: readonly Buffer[]) => void;
  /** Inputs that its container may run at once. */
  readonly limit: () => number;
  readonly findToken: FindToken;
  readonly late: WebServerOptions["late"];
  readonly routing: Routing | undefined;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly onLoad: (load: WebLoad) => void;
  readonly onFailed: OnFailed;
  readonly onStuck: () => void;
  /** How requests come from a load balancer. @default - they come from clients */
  readonly door: DoorSpec | undefined;
  readonly onProbe: () => void;
}

/** The app of Python that a function answers requests with; `undefined` for any other function. */
export function pythonWebOf({ python, web }: FunctionSpec): PythonWebSpec | undefined {
  // Manifests of before there were any say nothing of `web`.
  if (python === null || !web) return undefined;
  return web.kind === "asgi" || web.kind === "wsgi" ? web : undefined;
}

/** Speaks HTTP for a container of Python, whose runner has the app alone. */
export class PythonWeb {
  readonly #options: PythonWebOptions;
  readonly #site: PythonSite;
  readonly #gate: Gate;
  readonly #server: WebServer;
  readonly #connections: Set<Socket> = new Set();
  /** Calls of a class that take their turn among requests: what ends the turn, or the wait for it. */
  readonly #turns: Map<unknown, () => void> = new Map();

  constructor(options: PythonWebOptions) {
    const { spec, web, send, limit, findToken, late, routing, clock } = options;
    const { onLoad, onStuck, door, onProbe } = options;
    this.#options = options;
    const onFailed = sparingly(options.onFailed, clock);
    this.#site = new PythonSite(web.kind, send, onFailed);
    this.#gate = new Gate(limit);
    this.#server = new WebServer({
      spec: web,
      site: this.#site,
      gate: this.#gate,
      authorize: authorizationFor(web.auth, {
        findToken,
        clock: { now: clock.now, wallTime: () => Date.now() },
      }),
      timeoutSeconds: spec.timeoutSeconds,
      ...{ late, routing, clock, onFailed, onLoad, onStuck, door, onProbe },
    });
  }

  /** Answers the requests of a connection from now on. */
  accept(connection: Socket): void {
    this.#connections.add(connection);
    connection.once("close", () => this.#connections.delete(connection));
    this.#server.accept(connection);
  }

  /** Takes what the runner says of requests; false for any other message. */
  receive(message: Message): boolean {
    const [name, key] = message.control;
    if (name === "turn") this.#giveTurn(key);
    else if (name === "turned") this.#endTurn(key);
    else return this.#site.receive(message);
    return true;
  }

  /** Resolves when all that came has been answered; connections end with their answers. */
  drain(): Promise<void> {
    return this.#server.drain();
  }

  /** The runner has ended. */
  close(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#site.close();
  }

  #giveTurn(key: unknown): void {
    const giveUp = this.#gate.enter(() => {
      this.#turns.set(key, () => this.#gate.leave());
      this.#options.send(encodeControl("turn", key));
    });
    if (!this.#turns.has(key)) this.#turns.set(key, giveUp);
  }

  #endTurn(key: unknown): void {
    this.#turns.get(key)?.();
    this.#turns.delete(key);
  }
}
