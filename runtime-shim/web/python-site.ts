import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { ExecutionError } from "../../lib/errors.ts";
import type { Message } from "../../lib/messages.ts";
import type { PythonWebKind } from "../../lib/web/web-spec.ts";
import type { OnFailed } from "./failed-requests.ts";
import { PythonExchange } from "./python-exchange.ts";
import type { Send } from "./python-frames.ts";
import { PythonSocket } from "./python-socket.ts";
import type { Site } from "./web-server.ts";

/** What a request or a WebSocket is told. */
interface Open {
  receive(message: Message): void;
  /** Nothing more will come. */
  end(): void;
}

/** Has an app of Python answer, which a runner has: that is sent requests in messages, and answers in such. */
export class PythonSite implements Site {
  readonly upgrade?: NonNullable<Site["upgrade"]>;
  readonly #send: Send;
  readonly #onFailed: OnFailed;
  readonly #open: Map<number, Open> = new Map();
  #lastKey = 0;

  constructor(kind: PythonWebKind, send: Send, onFailed: OnFailed) {
    this.#send = send;
    this.#onFailed = onFailed;
    // WSGI has no WebSockets.
    if (kind === "asgi") this.upgrade = (...args) => this.#upgrade(...args);
  }

  async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = this.#nextKey();
    const exchange = new PythonExchange(key, { request, response, send: this.#send });
    this.#open.set(key, exchange);
    await exchange.done;
    this.#open.delete(key);
    if (!exchange.hasFailed) return;
    const error = new ExecutionError("WINDLASS_WEB_APP_FAILED", "the app gave no answer");
    this.#onFailed({ kind: "error", error });
  }

  /** Takes what the runner says of a request; false for any other message. */
  receive(message: Message): boolean {
    const [name, key] = message.control;
    if (!MESSAGES.has(name)) return false;
    this.#open.get(Number(key))?.receive(message);
    return true;
  }

  /** The runner has ended. */
  close(): void {
    for (const open of this.#open.values()) open.end();
    this.#open.clear();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const key = this.#nextKey();
    const opened = new PythonSocket(key, { request, socket, head, send: this.#send });
    this.#open.set(key, opened);
    void opened.done.then(() => this.#open.delete(key));
  }

  #nextKey(): number {
    this.#lastKey += 1;
    return this.#lastKey;
  }
}

const MESSAGES: ReadonlySet<unknown> = new Set([
  "response",
  "response-body",
  "request-credit",
  "request-done",
  "socket-accept",
  "socket-send",
  "socket-close",
]);
