import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket, WebSocketServer } from "ws";
import type { Message } from "../../lib/messages.ts";
import { requestFields, requestMessage, type Send, WINDOW_BYTES } from "./python-frames.ts";

/** As servers of ASGI have it: a message is held as a whole. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Nobody said why a connection ended [RFC 6455, 7.1.5]. */
const ABNORMAL = 1006;
const NORMAL = 1000;
const INTERNAL_ERROR = 1011;

interface PythonSocketOptions {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly send: Send;
}

/** A WebSocket of an app of Python: that accepts it first, or answers as it would a request. */
export class PythonSocket {
  /** Resolves when the code that answers has ended, and the connection has. */
  readonly done: Promise<void>;
  readonly #key: number;
  readonly #options: PythonSocketOptions;
  #settle = (): void => {};
  #server: typeof WebSocketServer | undefined;
  #webSocket: WebSocket | undefined;
  #hasAnswered = false;
  #hasCodeEnded = false;
  #isClosed = false;
  /** Bytes of messages that the runner has room for. */
  #room = WINDOW_BYTES;

  constructor(key: number, options: PythonSocketOptions) {
    this.#key = key;
    this.#options = options;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    options.socket.on("error", () => options.socket.destroy());
    // One that was accepted says how it ended.
    options.socket.once("close", () => {
      if (this.#webSocket === undefined) this.#closed(ABNORMAL, "");
    });
    void this.#ask();
  }

  receive(message: Message): void {
    const [name, , ...fields] = message.control;
    const [data] = message.attachments;
    if (name === "socket-accept") this.#accept(fields);
    else if (name === "socket-send") this.#sendOut(data, fields[0] === 1);
    else if (name === "socket-close") this.#close(Number(fields[0]), String(fields[1]));
    else if (name === "response") this.#answer(fields, data);
    else if (name === "response-body") this.#answerMore(data, fields[0] === 1);
    else if (name === "request-credit") this.#credit(Number(fields[0]));
    else if (name === "request-done") this.#codeEnded(fields[0] === 1);
  }

  /** The runner has ended. */
  end(): void {
    this.#webSocket?.close(INTERNAL_ERROR);
    if (this.#webSocket === undefined) this.#options.socket.destroy();
    this.#settle();
  }

  async #ask(): Promise<void> {
    const { request, send } = this.#options;
    const isWebSocket = request.headers.upgrade?.toLowerCase() === "websocket";
    if (!isWebSocket) this.#refuse(400, []);
    else this.#server = (await import("ws")).WebSocketServer;
    if (!isWebSocket || this.#isClosed) this.#codeEnded(false);
    else send(requestMessage(["socket", this.#key, ...requestFields(request)]));
  }

  #accept([subprotocol, headers]: readonly unknown[]): void {
    const { request, socket, head } = this.#options;
    if (this.#server === undefined || this.#hasAnswered || this.#isClosed) return;
    this.#hasAnswered = true;
    const server = new this.#server({
      noServer: true,
      clientTracking: false,
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: () => (typeof subprotocol === "string" ? subprotocol : false),
    });
    server.on("headers", (lines) => lines.push(...toLines(headers as string[]))); // By the runner.
    server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket));
  }

  #open(webSocket: WebSocket): void {
    this.#webSocket = webSocket;
    webSocket.on("error", () => {});
    webSocket.on("close", (code, reason) => this.#closed(code, String(reason)));
    webSocket.on("message", (data, isBinary) => this.#passIn(data, isBinary));
  }

  #passIn(data: RawData, isBinary: boolean): void {
    const bytes = data as Buffer; // As `binaryType` is by default.
    this.#room -= bytes.length;
    this.#options.send(requestMessage(["socket-data", this.#key, isBinary ? 0 : 1], bytes));
    if (this.#room <= 0) this.#webSocket?.pause();
  }

  #credit(bytes: number): void {
    this.#room += bytes;
    if (this.#room > 0 && this.#webSocket?.isPaused === true) this.#webSocket.resume();
  }

  #sendOut(data: Uint8Array = new Uint8Array(), isText: boolean): void {
    this.#webSocket?.send(data, { binary: !isText }, (error) => {
      if (error) return;
      this.#options.send(requestMessage(["response-credit", this.#key, data.length]));
    });
  }

  #close(code: number, reason: string): void {
    if (this.#webSocket !== undefined) {
      try {
        this.#webSocket.close(code, reason);
      } catch (error) {
        process.stderr.write(`a WebSocket cannot be closed so: ${String(error)}\n`);
        this.#webSocket.close(INTERNAL_ERROR);
      }
    } else if (!this.#hasAnswered) this.#refuse(403, []);
  }

  /** An app that answers instead of accepting. */
  #answer([status, headers, more]: readonly unknown[], data: Uint8Array | undefined): void {
    if (this.#hasAnswered) return;
    this.#refuse(Number(status), headers as string[], true);
    this.#answerMore(data, more === 1);
  }

  #answerMore(data: Uint8Array | undefined, hasMore: boolean): void {
    const { socket, send } = this.#options;
    if (this.#webSocket !== undefined || socket.writableEnded) return;
    if (data !== undefined && data.length > 0) {
      socket.write(data, () => send(requestMessage(["response-credit", this.#key, data.length])));
    }
    if (!hasMore) socket.end();
  }

  #refuse(status: number, headers: readonly string[], hasMore = false): void {
    this.#hasAnswered = true;
    const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, "connection: close"];
    const head = `${[...lines, ...toLines(headers)].join("\r\n")}\r\n\r\n`;
    this.#options.socket.write(head, "latin1");
    if (!hasMore) this.#options.socket.end();
  }

  #codeEnded(hasFailed: boolean): void {
    this.#hasCodeEnded = true;
    if (this.#webSocket !== undefined) this.#webSocket.close(hasFailed ? INTERNAL_ERROR : NORMAL);
    else if (!this.#hasAnswered && !this.#isClosed) this.#refuse(500, []);
    this.#settleIfDone();
  }

  #closed(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#hasCodeEnded) {
      this.#options.send(requestMessage(["socket-gone", this.#key, code, reason]));
    }
    this.#settleIfDone();
  }

  #settleIfDone(): void {
    if (this.#isClosed && this.#hasCodeEnded) this.#settle();
  }
}

/** Lines of a head, without what would begin another. */
function toLines(headers: readonly string[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const line = `${headers[at]}: ${headers[at + 1]}`;
    if (!/[\r\n]/.test(line)) lines.push(line);
  }
  return lines;
}
