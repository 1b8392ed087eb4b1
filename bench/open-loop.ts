import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** Where requests go: `host` is what the request says, `address` and `port` are where it is sent. */
export interface LoadTarget {
  readonly address: string;
  readonly port: number;
  readonly host: string;
}

/** One request of a load. */
interface LoadRequest {
  readonly path: string;
  /** @default "GET" */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const TIMEOUT_MS = 30_000;

/** What became of one request. */
export interface Sent {
  readonly index: number;
  /** When it was sent, and when its answer was there or had failed: milliseconds since the load began. */
  readonly sentAt: number;
  readonly endedAt: number;
  /** 0 where there was no answer. */
  readonly status: number;
  /** The code of the error where there was no whole answer. */
  readonly error?: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface Load {
  readonly target: LoadTarget;
  readonly perSecond: number;
  /** Whole, or parts of one. */
  readonly seconds: number;
  /** After which a request has failed. @default 30,000 */
  readonly timeoutMs?: number;
  toRequest(index: number): LoadRequest;
}

/**
 * Sends requests at a steady rate, whether or not those before have been answered: a server that stalls is not given the
 * time to recover that clients in turns would give it. Answers once each has ended.
 */
export async function sendLoad(load: Load): Promise<Sent[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const begunAt = performance.now();
  const total = load.perSecond * load.seconds;
  const sending: Promise<Sent>[] = [];
  try {
    while (sending.length < total) {
      const due = Math.floor(((performance.now() - begunAt) / 1000) * load.perSecond) + 1;
      while (sending.length < Math.min(due, total)) {
        sending.push(send(load, { index: sending.length, agent, begunAt }));
      }
      await pause(2);
    }
    return await Promise.all(sending);
  } finally {
    agent.destroy();
  }
}

interface Turn {
  readonly index: number;
  readonly agent: Agent;
  readonly begunAt: number;
}

/** One request with what it leads to: where an answer is elsewhere, clients go there. */
async function send(load: Load, turn: Turn): Promise<Sent> {
  let asked = load.toRequest(turn.index);
  const first = await sendOnce(load, turn, asked);
  let last = first;
  while (last.endedAt - first.sentAt < (load.timeoutMs ?? TIMEOUT_MS)) {
    const { location } = last.headers;
    if (![303, 307].includes(last.status) || location === undefined) break;
    const { pathname, search } = new URL(location, `http://${load.target.host}`);
    // https://www.rfc-editor.org/rfc/rfc9110#section-15.4.4: the answer of a 303 is read by GET.
    asked =
      last.status === 303 ? { path: pathname + search } : { ...asked, path: pathname + search };
    last = await sendOnce(load, turn, asked);
  }
  return { ...last, sentAt: first.sentAt };
}

function sendOnce(load: Load, turn: Turn, asked: LoadRequest): Promise<Sent> {
  const { target, timeoutMs = TIMEOUT_MS } = load;
  const { index, agent, begunAt } = turn;
  const { path, method = "GET", headers = {}, body } = asked;
  const now = (): number => performance.now() - begunAt;
  const sentAt = now();
  return new Promise((resolve) => {
    const end = (answer: Partial<Sent>): void => {
      clearTimeout(timer);
      resolve({
        ...{ index, sentAt, endedAt: now(), status: 0, headers: {}, body: "" },
        ...answer,
      });
    };
    const fail = ({ code, message }: NodeJS.ErrnoException): void =>
      end({ error: code ?? message });
    const outgoing = request({
      ...{ host: target.address, port: target.port, path, method, agent },
      headers: { host: target.host, ...headers },
    });
    const timer = setTimeout(() => outgoing.destroy(new TimeoutError()), timeoutMs);
    outgoing.on("error", fail);
    outgoing.on("response", (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", fail);
      answer.on("end", () => {
        const { statusCode: status = 0, headers: answered } = answer;
        end({ status, headers: answered, body: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.end(body);
  });
}

class TimeoutError extends Error {
  readonly code = "TIMEOUT";
}

/** How often each outcome came: "200", "502", "ECONNRESET", … */
export function countOutcomes(sent: readonly Sent[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const one of sent) {
    const outcome = one.error ?? String(one.status);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

/** A request is well if it was answered by 2xx, whole. */
export function isWell({ status, error }: Sent): boolean {
  return error === undefined && status >= 200 && status < 300;
}
