import type { IncomingMessage, ServerResponse } from "node:http";
import type { Message } from "../../lib/messages.ts";
import { onOverdue } from "./ended-signal.ts";
import { type Refusal, refuse } from "./problem.ts";
import { requestFields, requestMessage, type Send, WINDOW_BYTES } from "./python-frames.ts";

const FAILED: Refusal = {
  status: 500,
  code: "WINDLASS_WEB_APP_FAILED",
  message: "the web app failed; its log says why",
};

/** A request that an app of Python answers, one part after the other. */
export class PythonExchange {
  /** Resolves when the code that answers has ended. */
  readonly done: Promise<void>;
  /** Its code ended without an answer. */
  hasFailed = false;
  readonly #key: number;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #send: Send;
  #settle = (): void => {};
  /** Bytes of the body that the runner has room for. */
  #room = WINDOW_BYTES;

  constructor(
    key: number,
    {
      request,
      response,
      send,
    }: {
      readonly request: IncomingMessage;
      readonly response: ServerResponse;
      readonly send: Send;
    },
  ) {
    this.#key = key;
    this.#request = request;
    this.#response = response;
    this.#send = send;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    // An app that sends another number of bytes than it has announced must not leave its client waiting.
    response.strictContentLength = true;
    const hasBody = announcesBody(request);
    send(requestMessage(["request", key, ...requestFields(request), hasBody ? 1 : 0]));
    if (hasBody) this.#pass();
    onOverdue(response, () => this.#gone(true));
    response.once("close", () => this.#closed());
  }

  receive(message: Message): void {
    const [name, , ...fields] = message.control;
    const [data] = message.attachments;
    if (name === "response") this.#begin(fields, data);
    else if (name === "response-body") this.#write(data, fields[0] === 1);
    else if (name === "request-credit") this.#credit(Number(fields[0]));
    else if (name === "request-done") this.end();
  }

  /** Nothing more will come: what has no answer yet gets none. */
  end(): void {
    const { writableEnded, destroyed } = this.#response;
    this.hasFailed = !writableEnded && !destroyed;
    if (this.hasFailed) refuse(this.#response, FAILED);
    this.#settle();
  }

  #begin([status, headers, more]: readonly unknown[], data: Uint8Array | undefined): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    try {
      const names = headers as string[]; // By the runner: names and values in turn.
      const length = more === 1 || announces(names) ? [] : this.#lengthOf(Number(status), data);
      response.writeHead(Number(status), [...names, ...length]);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (data === undefined && more === 1) response.flushHeaders();
    else this.#write(data, more === 1);
  }

  /** Of an answer that is here as a whole, where the app has not said it. */
  #lengthOf(status: number, data: Uint8Array | undefined): readonly string[] {
    if (this.#request.method === "HEAD" || status === 204 || status === 304) return [];
    return ["content-length", String(data?.length ?? 0)];
  }

  #write(data: Uint8Array | undefined, hasMore: boolean): void {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return;
    try {
      if (data !== undefined && data.length > 0) {
        // Once it has left for the client there is room for as much.
        response.write(data, (error) => {
          if (error) return;
          this.#send(requestMessage(["response-credit", this.#key, data.length]));
        });
      }
      if (!hasMore) response.end();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** What the app said cannot be sent. */
  #failed(error: unknown): void {
    process.stderr.write(`an answer of a web app cannot be sent: ${String(error)}\n`);
    refuse(this.#response, FAILED);
  }

  /** Passes the body on, no faster than the app reads it. */
  #pass(): void {
    const request = this.#request;
    request.on("data", (chunk: Buffer) => {
      this.#room -= chunk.length;
      this.#send(requestMessage(["request-body", this.#key, 1], chunk));
      if (this.#room <= 0) request.pause();
    });
    request.once("end", () => this.#send(requestMessage(["request-body", this.#key, 0])));
  }

  #credit(bytes: number): void {
    this.#room += bytes;
    if (this.#room > 0) this.#request.resume();
  }

  #closed(): void {
    if (!this.#response.writableFinished) this.#gone(false);
    // What was not read is in the way of the next request.
    this.#request.removeAllListeners("data");
    this.#request.resume();
  }

  /** @param isOverdue - the code that answers has to end now */
  #gone(isOverdue: boolean): void {
    this.#send(requestMessage(["request-gone", this.#key, isOverdue ? 1 : 0]));
  }
}

/** True where the app says how long its answer is, or how it is sent. */
function announces(headers: readonly string[]): boolean {
  return headers.some(
    (name, at) => at % 2 === 0 && /^(content-length|transfer-encoding)$/i.test(name),
  );
}

function announcesBody({ headers }: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = headers;
  return encoding !== undefined || (length !== undefined && length !== "0");
}
