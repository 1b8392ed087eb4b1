import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { systemClock } from "../../lib/clock.ts";
import type { Definition } from "../../lib/definition.ts";
import { cancellation } from "../../lib/errors.ts";
import { createCallId, inputId } from "../../lib/ids.ts";
import { encodeControl, encodeMessage, type Message } from "../../lib/messages.ts";
import type { CallContext } from "../../lib/runtime.ts";
import type { LoadRequest } from "../load-request.ts";
import { authorizationFor, type FindToken } from "../web/authorize.ts";
import { endedSignal } from "../web/ended-signal.ts";
import { type RequestFailure, sparingly } from "../web/failed-requests.ts";
import { Gate } from "../web/gate.ts";
import { openSite } from "../web/open-site.ts";
import { routingOf } from "../web/routing.ts";
import { type Site, WebServer } from "../web/web-server.ts";
import { ContainerAnswers } from "./container-answers.ts";
import type { Loaded } from "./load.ts";
import { encodeError } from "./outputs.ts";
import type { Handler } from "./sequential.ts";

// A file of its own when it is built: containers of other functions do without it.

interface OpenWebOptions {
  readonly definition: Definition;
  readonly request: LoadRequest;
  readonly loaded: Loaded;
  readonly findToken: FindToken;
  readonly send: (buffers: readonly Buffer[]) => void;
}

/** The web side of a container. */
export interface ContainerWeb {
  /** The request that the code which asks answers. */
  readonly current: CallContext | undefined;
  accept(socket: Socket): void;
  /** A handler of calls that takes its turn among requests. */
  inTurn(handler: Handler): Handler;
  /** Takes what the agent says of requests; false for any other message. */
  receive(message: Message): boolean;
  drain(): Promise<void>;
}

/** Opens the web side of a container whose function has one. */
export async function openWeb(options: OpenWebOptions): Promise<ContainerWeb | undefined> {
  const { definition, request, loaded, findToken, send } = options;
  const { web } = definition;
  const contexts = openContexts(request);
  const onFailed = sparingly((failure) => send(failedMessage(failure, contexts)), systemClock);
  const site = await openSite({
    definition,
    handler: (method) =>
      definition.kind === "function"
        ? definition.handler
        : loaded.handler({ method, isGenerator: true }),
    sharesPorts: request.sharesPorts,
    onFailed,
  });
  if (site === undefined || web === undefined) return undefined;
  const gate = new Gate(() => request.maxInputs);
  const { lateAfterMs } = request;
  const answers = new ContainerAnswers(send);
  const server = new WebServer({
    spec: { cors: web.cors ?? null },
    gate,
    site: withContext(site, contexts),
    authorize: authorizationFor(web.auth, { findToken, clock: systemClock }),
    timeoutSeconds: request.timeoutSeconds,
    door: request.door ?? undefined,
    onProbe: () => send(encodeControl("probed")),
    late: lateAfterMs > 0 ? { answers, afterMs: lateAfterMs } : undefined,
    routing: request.routesConnections ? routingOf(web, request.containerId) : undefined,
    isQueued: web.kind !== "server" || web.isQueued,
    clock: systemClock,
    onLoad: ({ accepted, inside, waiting, requestMs }) =>
      send(encodeControl("web", accepted, inside, waiting, requestMs ?? -1)),
    onFailed,
    onStuck: () => send(encodeControl("stuck")),
  });
  return {
    get current() {
      return contexts.current;
    },
    accept: (socket) => server.accept(socket),
    inTurn:
      (handler) =>
      (...args) =>
        inTurn(gate, () => handler(...args)),
    receive: (message) => answers.receive(message),
    drain: () => server.drain(),
  };
}

/** `["request-failed", call, method, kind, tagged]` with the error as a page. */
function failedMessage({ kind, error, method }: RequestFailure, { current }: Contexts): Buffer[] {
  const page = encodeError(error);
  const callId = current?.functionCallId ?? createCallId();
  const control = ["request-failed", callId, method ?? 0, kind, page.tagged ? 1 : 0];
  return encodeMessage(JSON.stringify(control), page.text, page.attachments);
}

async function inTurn(gate: Gate, run: () => unknown): Promise<unknown> {
  await new Promise<void>((resolve) => gate.enter(resolve));
  try {
    return await run();
  } finally {
    gate.leave();
  }
}

/** Knows which request code runs for. */
interface Contexts {
  readonly current: RequestContext | undefined;
  run<Result>(context: RequestContext, run: () => Result): Result;
}

/** How code asks which request it runs for. */
const ASKS = /\bcurrent(Call|InputId|FunctionCallId)\b/;

/**
 * One request at a time is the one that runs. Several are told apart by what Node keeps of them, which doubles what a
 * request costs before Node 24: only for code that asks.
 */
function openContexts({ maxInputs, bundle }: LoadRequest): Contexts {
  if (maxInputs > 1 && ASKS.test(readFileSync(bundle, "utf8"))) {
    const storage = new AsyncLocalStorage<RequestContext>();
    return {
      get current() {
        return storage.getStore();
      },
      run: (context, run) => storage.run(context, run),
    };
  }
  let latest: RequestContext | undefined;
  return {
    get current() {
      return latest?.isOver === false ? latest : undefined;
    },
    run(context, run) {
      if (maxInputs === 1) latest = context;
      return run();
    },
  };
}

function withContext(site: Site, contexts: Contexts): Site {
  const { upgrade } = site;
  return {
    request: (request, response) =>
      contexts.run(new RequestContext(response), () => site.request(request, response)),
    ...(upgrade !== undefined && { upgrade: upgrade.bind(site) }),
  };
}

/** A request as user code can ask about it, with what calls have. */
class RequestContext implements CallContext {
  readonly attempt = 0;
  readonly #response: ServerResponse;
  #callId: string | undefined;
  #signal: AbortSignal | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get isOver(): boolean {
    return this.#response.closed;
  }

  get functionCallId(): string {
    this.#callId ??= createCallId();
    return this.#callId;
  }

  get inputId(): string {
    return inputId(this.functionCallId, 0);
  }

  get signal(): AbortSignal {
    this.#signal ??= endedSignal(this.#response, cancellation);
    return this.#signal;
  }
}
