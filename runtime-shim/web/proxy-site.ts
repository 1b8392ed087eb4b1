import {
  Agent,
  request as ask,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { OnFailed } from "./failed-requests.ts";
import { refuse } from "./problem.ts";
import { headerLines, OF_A_CONNECTION } from "./raw-headers.ts";
import type { Site } from "./web-server.ts";

/** Passes requests on to a server of this container. */
export class ProxySite implements Site {
  readonly #port: number;
  readonly #onFailed: OnFailed;
  /** Connections to it are kept: opening one for each request takes longer than many a request. */
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  constructor(port: number, onFailed: OnFailed) {
    this.#port = port;
    this.#onFailed = onFailed;
  }

  async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.#ask(request, response);
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedOn(answer));
      await pipeline(answer, response);
    } catch (error) {
      // Whoever asked has gone, and so the server was told to stop.
      if (response.closed) return;
      process.stderr.write(`the server on port ${this.#port} did not answer: ${String(error)}\n`);
      refuse(response, {
        status: 502,
        code: "WINDLASS_BAD_GATEWAY",
        message: "the server of the container did not answer; its log may say why",
      });
      this.#onFailed({ kind: "error", error });
    }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const server = connect(this.#port, "127.0.0.1");
    server.once("connect", () => {
      const { method, url, httpVersion } = request;
      const lines = [`${method} ${url} HTTP/${httpVersion}`];
      for (const [name, value] of headerLines(request)) lines.push(`${name}: ${value}`);
      server.write(`${lines.join("\r\n")}\r\n\r\n`);
      server.write(head);
      // Either end that goes takes the other with it.
      pipeline(socket, server, socket).catch(() => {});
    });
    server.once("error", () => {
      if (server.connecting) socket.end("HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n");
      else socket.destroy();
    });
    socket.once("close", () => server.destroy());
  }

  #ask(request: IncomingMessage, response: ServerResponse): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = ask({
        agent: this.#agent,
        host: "127.0.0.1",
        port: this.#port,
        method: request.method,
        path: request.url,
        headers: { ...passedOn(request), ...forwarded(request) },
      });
      asked.once("response", resolve);
      asked.once("error", reject);
      response.once("close", () => asked.destroy());
      pipeline(request, asked).catch(reject);
    });
  }
}

/** As they were written, but for those about the connection. */
function passedOn(message: IncomingMessage): Record<string, string | string[]> {
  const dropped = new Set([...OF_A_CONNECTION, ...named(message.headers)]);
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of headerLines(message)) {
    if (dropped.has(name.toLowerCase())) continue;
    const before = passed[name];
    passed[name] = before === undefined ? value : [before, value].flat();
  }
  return passed;
}

/** Headers that `Connection` names are about it too. */
function named({ connection = "" }: IncomingHttpHeaders): string[] {
  return connection.split(",").map((name) => name.trim().toLowerCase());
}

/** Who asked, for a server that asks itself. */
function forwarded({ headers, socket }: IncomingMessage): Record<string, string> {
  const before = headers["x-forwarded-for"];
  const client = socket.remoteAddress ?? "";
  return {
    "x-forwarded-for": before === undefined ? client : `${String(before)}, ${client}`,
    "x-forwarded-host": String(headers["x-forwarded-host"] ?? headers.host ?? ""),
    "x-forwarded-proto": String(headers["x-forwarded-proto"] ?? "http"),
  };
}
