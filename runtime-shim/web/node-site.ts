import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { InvalidError } from "../../lib/errors.ts";
import { show } from "../../lib/options/show.ts";
import { type NodeListener, readWebApp, type WebAppContext } from "../../lib/web/web-app.ts";
import type { OnFailed } from "./failed-requests.ts";
import { type Refusal, refuse } from "./problem.ts";
import type { Site } from "./web-server.ts";

const FAILED: Refusal = {
  status: 500,
  code: "WINDLASS_WEB_APP_FAILED",
  message: "the web app failed; its log says why",
};

/**
 * Makes the site of a web app: asks its factory once.
 * @throws InvalidError when that gives something else
 */
export async function openAppSite(
  factory: (context: WebAppContext) => unknown,
  { subject, onFailed }: { readonly subject: string; readonly onFailed: OnFailed },
): Promise<Site> {
  // What attaches itself to a server gets one of its own: ours lets in before it passes on.
  const server = createServer();
  const given = await factory({ server });
  const made = readWebApp(given);
  if (made === undefined) throw notAnApp(subject, given);
  const tell = (error: unknown): void => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    onFailed({ kind: "error", error });
  };
  const errorHandler = (error: unknown): Response => {
    tell(error);
    const { status, code, message } = FAILED;
    return Response.json({ error: { code, message } }, { status });
  };
  const listener =
    "listener" in made ? made.listener : getRequestListener(made.fetch, { errorHandler });
  server.on("request", (request: IncomingMessage, response: ServerResponse) =>
    run(listener, { request, response, tell }),
  );
  return server.listenerCount("upgrade") === 0 ? requestsOf(server) : withUpgrades(server);
}

function requestsOf(server: Server): Site {
  return {
    request: (request, response) => {
      server.emit("request", request, response);
    },
  };
}

function withUpgrades(server: Server): Site {
  return {
    ...requestsOf(server),
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      server.emit("upgrade", request, socket, head);
    },
  };
}

function run(
  listener: NodeListener,
  {
    request,
    response,
    tell,
  }: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly tell: (error: unknown) => void;
  },
): void {
  const failed = (error: unknown): void => {
    tell(error);
    if (!response.closed) refuse(response, FAILED);
  };
  try {
    const running = listener(request, response);
    if (running instanceof Promise) running.catch(failed);
  } catch (error) {
    failed(error);
  }
}

function notAnApp(subject: string, given: unknown): InvalidError {
  return new InvalidError(
    "WINDLASS_NOT_A_WEB_APP",
    `the factory of ${subject} must return a function that speaks fetch, an object with \`fetch\`, or \`nodeListener(…)\`, got ${show(given)}`,
    { hint: "return the app of Hono as it is, and that of Express as `nodeListener(app)`" },
  );
}
