import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../lib/clock.ts";
import type { AnswerReading, Answers } from "../../lib/web/answers.ts";
import { RESULT_PARAMETER } from "../../lib/web/door.ts";
import { collectAnswer } from "./collect-answer.ts";
import { type Refusal, refuse } from "./problem.ts";

const ASKED: RegExp = new RegExp(`[?&]${RESULT_PARAMETER}=([\\w-]+)(?:&|$)`);
/** Nobody guesses so many random bytes. */
const ID_BYTES = 24;
/** A request whose body has not come whole is looked at again after this long. */
const AGAIN_MS = 1000;
/** What an answer may take beyond the time of its request, until it is given up. */
const GRACE_MS = 60_000;

export interface LateAnswersOptions {
  readonly answers: Answers;
  /** Requests without any part of an answer for this long are told to ask again, in milliseconds. */
  readonly afterMs: number;
  readonly timeoutSeconds: number;
  readonly clock: Pick<Clock, "after">;
}

/** Answers that take longer than clients and proxies wait: who asked is sent to ask for them again. */
export class LateAnswers {
  readonly #options: LateAnswersOptions;
  /** Those who wait for an answer here: each is sent to ask another container. */
  readonly #waiting: Set<() => void> = new Set();
  readonly #keeping: Set<Promise<void>> = new Set();
  #isDraining = false;

  constructor(options: LateAnswersOptions) {
    this.#options = options;
  }

  get afterMs(): number {
    return this.#options.afterMs;
  }

  /** The answer that a request asks for, which came before; undefined for a request of its own. */
  idOf({ method, url = "" }: IncomingMessage): string | undefined {
    if (!url.includes(RESULT_PARAMETER) || (method !== "GET" && method !== "HEAD"))
      return undefined;
    return ASKED.exec(url)?.[1];
  }

  /** Tells who asked to ask again, unless the answer has begun, and keeps the answer. */
  postpone(request: IncomingMessage, response: ServerResponse): void {
    if (response.headersSent || response.closed) return;
    // A connection that brings the rest of the body cannot end, nor can one with an answer before this one.
    if (!request.complete || response.socket === null) {
      this.#options.clock.after(AGAIN_MS, () => this.postpone(request, response));
      return;
    }
    const id = randomBytes(ID_BYTES).toString("base64url");
    const kept = this.#keep(id, request, response).finally(() => this.#keeping.delete(kept));
    this.#keeping.add(kept);
  }

  /** Answers with what was kept, once it is there. */
  async follow(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const read = await this.#read(id, response);
    if (response.closed) return;
    if (read === "unavailable") return refuse(response, UNAVAILABLE);
    if (read === "unknown") return refuse(response, UNKNOWN);
    if (read === "pending") {
      if (this.#isDraining) response.setHeader("connection", "close");
      response.writeHead(303, { location: locationOf(request), "content-length": 0 }).end();
      return;
    }
    const { status, headers, body } = read;
    for (const name of new Set(headers.map(([name]) => name))) {
      const values = headers.filter((header) => header[0] === name).map(([, value]) => value);
      response.setHeader(name, values.length === 1 ? (values[0] ?? "") : values);
    }
    if (hasBody(status)) response.setHeader("content-length", body.length);
    response.writeHead(status).end(body);
  }

  /** Sends who waits elsewhere. Resolves when all that is to be kept is. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    for (const leave of this.#waiting) leave();
    await Promise.all(this.#keeping);
  }

  async #keep(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { answers, timeoutSeconds } = this.#options;
    const headers = crossOriginHeaders(response);
    const { connection, answer } = collectAnswer(request, response);
    try {
      await answers.begin(id, timeoutSeconds * 1000 + GRACE_MS);
      connection?.end(redirect(request, id, headers));
      await answers.put(id, await answer);
    } catch (error) {
      process.stderr.write(`a late answer cannot be kept: ${String(error)}\n`);
      if (connection?.writableEnded === false) connection.end(NOT_KEPT);
    }
  }

  async #read(id: string, response: ServerResponse): Promise<AnswerReading | "unavailable"> {
    const { answers, afterMs } = this.#options;
    if (this.#isDraining) return "pending";
    let leave = (): void => {};
    const left = new Promise<"pending">((resolve) => {
      leave = () => resolve("pending");
    });
    this.#waiting.add(leave);
    response.once("close", leave);
    try {
      return await Promise.race([answers.take(id, afterMs), left]);
    } catch (error) {
      process.stderr.write(`a late answer cannot be had: ${String(error)}\n`);
      return "unavailable";
    } finally {
      this.#waiting.delete(leave);
    }
  }
}

function redirect(request: IncomingMessage, id: string, headers: readonly string[]): string {
  const url = locationOf(request);
  const lines = [
    "HTTP/1.1 303 See Other",
    `location: ${url}${url.includes("?") ? "&" : "?"}${RESULT_PARAMETER}=${id}`,
    "cache-control: no-store",
    "content-length: 0",
    "connection: close",
    `date: ${new Date().toUTCString()}`,
    ...headers,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** The URL of a request, relative to its host: two slashes at its begin would name another one. */
function locationOf({ url = "/" }: IncomingMessage): string {
  return /^[/\\]{2}/.test(url) ? `/.${url}` : url;
}

/** What says that pages of other origins may be sent on. */
function crossOriginHeaders(response: ServerResponse): string[] {
  return Object.entries(response.getHeaders())
    .filter(([name]) => name === "vary" || name.startsWith("access-control-"))
    .map(([name, value]) => `${name}: ${String(value)}`);
}

function hasBody(status: number): boolean {
  return status !== 204 && status !== 304;
}

const NOT_KEPT: string = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n";

const UNKNOWN: Refusal = {
  status: 404,
  code: "WINDLASS_NO_SUCH_RESULT",
  message: "there is no such answer: answers are kept for an hour",
};

const UNAVAILABLE: Refusal = {
  status: 503,
  code: "WINDLASS_RESULTS_UNAVAILABLE",
  message: "answers cannot be looked up at the moment",
};
