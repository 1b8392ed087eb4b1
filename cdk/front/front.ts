import type { Deployment } from "../../lib/aws/deployments.ts";
import type { ManifestFunction, ManifestWeb } from "../../lib/aws/manifest.ts";
import type { CallReading } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import type { AnswerReading } from "../../lib/web/answers.ts";
import {
  DOOR_HEADER,
  RESULT_PARAMETER,
  type RequestInput,
  type RequestOutput,
  WAIT_PARAMETER,
} from "../../lib/web/door.ts";
import { type AlbAnswer, type FrontRequest, toAnswer } from "./alb-event.ts";
import { cameTooOften, failed, noRoom, noSuchEndpoint, notYet, tooLate } from "./answers.ts";

/** A load balancer takes no more from a function [ALB Lambda targets]. */
const MAX_ANSWER_BYTES = 1_000_000;
/** In base64, with its headers. */
const MAX_BODY_BYTES: number = (MAX_ANSWER_BYTES / 4) * 3 - 64 * 1024;
/** Requests that wait for one function; each holds an invocation. */
const MAX_HELD = 500;
/** How soon it is looked whether containers have come. */
const LOOK_MS = 500;
/** Clients follow 20 redirects or so [fetch]: they wait this often for a container. */
const MAX_WAITS = 15;

/** What the front needs of the world. */
export interface FrontPorts {
  /** The app whose requests come to this target group; undefined where there is none. */
  readonly appOf: (targetGroup: string) => Promise<string | undefined>;
  /** What is deployed of an app; undefined where it is not. */
  readonly deployment: (app: string) => Promise<Deployment | undefined>;
  readonly spawn: (app: string, name: string, input: RequestInput) => Promise<string>;
  /** What has become of a call, waiting for it for so long; undefined where there is no such call. */
  readonly read: (app: string, callId: string, waitMs: number) => Promise<CallReading | undefined>;
  /** What was kept of an answer that came late, waiting for it for so long. */
  readonly late: (app: string, id: string, waitMs: number) => Promise<AnswerReading>;
  /** The function that a call is of. */
  readonly functionOf: (app: string, callId: string) => Promise<string | undefined>;
  /** Messages that wait in a queue, approximately. */
  readonly count: (queueUrl: string) => Promise<number>;
  /** Whether requests of a function go to its containers. */
  readonly hasContainers: (app: string, name: string) => Promise<boolean>;
  /** Stores what is too large to be answered, and says where it can be read for an hour. */
  readonly store: (
    of: { readonly app: string; readonly callId: string; readonly type: string },
    body: Uint8Array,
  ) => Promise<string>;
  readonly log: (fields: Readonly<Record<string, unknown>>) => void;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A function that a request is for. */
interface Target {
  readonly app: string;
  readonly name: string;
  readonly fn: ManifestFunction;
  readonly web: ManifestWeb;
}

/**
 * Answers requests of functions that have no container: small ones become calls, whose results are waited for; other
 * reading ones are told to come again once there is a container; what streams is told to.
 */
export async function answer(
  request: FrontRequest,
  targetGroup: string,
  ports: FrontPorts,
): Promise<AlbAnswer> {
  const target = await findTarget(request, targetGroup, ports);
  if (target === undefined) return noSuchEndpoint();
  const asked = request.query.get(RESULT_PARAMETER);
  if (asked !== undefined) return await earlierAnswer(asked, { request, target }, ports);
  const { app, name, fn, web } = target;
  if ((await ports.count(fn.queueUrl)) > MAX_HELD) return noRoom();
  if (isCall(request, fn)) {
    const callId = await ports.spawn(app, name, toInput(request, web));
    return await answerOf({ callId, request, target }, ports);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    await wake(target, ports);
    return notYet();
  }
  return await waitForContainer(request, target, ports);
}

async function findTarget(
  { headers }: FrontRequest,
  targetGroup: string,
  ports: FrontPorts,
): Promise<Target | undefined> {
  const app = await ports.appOf(targetGroup);
  const deployment = app === undefined ? undefined : await ports.deployment(app);
  if (app === undefined || deployment === undefined) return undefined;
  const values = [
    headers.get(DOOR_HEADER)?.[0],
    headers.get("host")?.[0]?.replace(/:\d+$/, "").toLowerCase(),
  ];
  for (const [name, fn] of Object.entries(deployment.manifest.functions)) {
    const { web } = fn;
    if (web !== undefined && values.includes(web.value)) return { app, name, fn, web };
  }
  return undefined;
}

/** What fits into a message and is answered in one piece. */
function isCall({ method, headers, body }: FrontRequest, { spec }: ManifestFunction): boolean {
  const accepts = headers.get("accept")?.join(",") ?? "";
  if (headers.has("upgrade") || accepts.includes("text/event-stream")) return false;
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") {
    // Pages of whole apps load others: their browser waits for a container once.
    return spec.web?.kind === "endpoints" || method === "OPTIONS";
  }
  const [type = ""] = headers.get("content-type") ?? [];
  return body.byteLength === 0 || /^application\/([\w.-]+\+)?json\b/i.test(type);
}

function toInput(
  { method, url, headers, body }: FrontRequest,
  { header }: ManifestWeb,
): RequestInput {
  const sent = [...headers].flatMap(([name, values]) =>
    // The container knows its own.
    name === header && header !== "host" ? [] : values.map((value) => [name, value] as const),
  );
  return { method, url, headers: sent, body: new Uint8Array(body) };
}

/** The answer to an earlier request, which became a call or was kept by a container. */
async function earlierAnswer(
  id: string,
  of: { readonly request: FrontRequest; readonly target: Target },
  ports: FrontPorts,
): Promise<AlbAnswer> {
  const name = await ports.functionOf(of.target.app, id);
  if (name === undefined) return await lateAnswer(id, of, ports);
  // Ids are secrets of who called: another function's callers have no business with them.
  return name === of.target.name ? await answerOf({ callId: id, ...of }, ports) : tooLate();
}

/** The answer to a call, once it is there; else where to ask for it. */
async function answerOf(
  {
    callId,
    request,
    target,
  }: { readonly callId: string; readonly request: FrontRequest; readonly target: Target },
  ports: FrontPorts,
): Promise<AlbAnswer> {
  const { app, name, web } = target;
  const reading = await ports.read(app, callId, web.patienceSeconds * 1000);
  if (reading === undefined) return tooLate();
  const [page] = reading.pages;
  if (page === undefined) {
    return redirect(303, `/?${RESULT_PARAMETER}=${callId}`);
  }
  const [failure] = page.failures ?? [];
  if (failure !== undefined) {
    const [error] = decodePage(failure.error);
    // Clients are not told of what: it is of the function, or of what it runs on.
    ports.log({ event: "request-failed", app, function: name, callId, error: String(error) });
    return failed(error);
  }
  const output = decodePage(page.values)[0] as RequestOutput; // What containers return of requests.
  const origin = request.headers.get("origin")?.[0];
  return await toSent(output, { app, callId, origin }, ports);
}

/** An answer that a container had kept, since it came late. */
async function lateAnswer(
  id: string,
  { request, target }: { readonly request: FrontRequest; readonly target: Target },
  ports: FrontPorts,
): Promise<AlbAnswer> {
  const { app, web } = target;
  const read = await ports.late(app, id, web.patienceSeconds * 1000);
  if (read === "unknown") return tooLate();
  if (read === "pending") return redirect(303, `/?${RESULT_PARAMETER}=${id}`);
  const origin = request.headers.get("origin")?.[0];
  return await toSent(read, { app, callId: id, origin }, ports);
}

async function toSent(
  { status, headers, body }: RequestOutput,
  {
    app,
    callId,
    origin,
  }: {
    readonly app: string;
    readonly callId: string;
    readonly origin: string | undefined;
  },
  ports: FrontPorts,
): Promise<AlbAnswer> {
  if (body.byteLength <= MAX_BODY_BYTES) return toAnswer(status, headers, body);
  const type = headers.find(([name]) => name === "content-type")?.[1] ?? "application/octet-stream";
  const place = await ports.store({ app, callId, type }, body);
  const cors = headers.filter(([name]) => name.startsWith("access-control-"));
  return redirect(303, place, origin === undefined ? [] : cors);
}

/** Holds a request until its function has containers, and sends it there. */
async function waitForContainer(
  request: FrontRequest,
  target: Target,
  ports: FrontPorts,
): Promise<AlbAnswer> {
  const { app, name, web } = target;
  const waits = Number(request.query.get(WAIT_PARAMETER) ?? 0);
  if (waits >= MAX_WAITS) return cameTooOften();
  if (waits === 0) await wake(target, ports);
  const until = ports.now() + web.patienceSeconds * 1000;
  while (ports.now() < until && !(await ports.hasContainers(app, name))) await ports.sleep(LOOK_MS);
  return redirect(307, withWait(request.url, waits + 1));
}

function withWait(url: string, waits: number): string {
  const [path = "/", query = ""] = url.split("?", 2);
  const kept = query
    .split("&")
    .filter((part) => part !== "" && !part.startsWith(`${WAIT_PARAMETER}=`));
  return `${path}?${[...kept, `${WAIT_PARAMETER}=${waits}`].join("&")}`;
}

/** A call that is over once a container takes it. */
async function wake({ app, name }: Target, ports: FrontPorts): Promise<void> {
  await ports.spawn(app, name, { method: "GET", url: "/", headers: [], body: null });
}

function redirect(
  status: 303 | 307,
  location: string,
  headers: readonly (readonly [string, string])[] = [],
): AlbAnswer {
  const own = [
    ["location", location],
    ["cache-control", "no-store"],
  ] as const;
  return toAnswer(status, [...own, ...headers], new Uint8Array());
}
