import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
}

/** A debugger attached to a process by its inspector's address: the least of a WebSocket client. */
export class Debugger extends EventEmitter {
  readonly #socket: Socket;
  #received: Buffer;
  #lastId = 0;

  private constructor(socket: Socket, head: Buffer) {
    super();
    this.#socket = socket;
    this.#received = head;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
  }

  static async attach(url: string): Promise<Debugger> {
    const request = get(url.replace("ws:", "http:"), {
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
      },
    });
    const [, socket, head] = (await once(request, "upgrade")) as [IncomingMessage, Socket, Buffer];
    return new Debugger(socket, head);
  }

  detach(): void {
    this.#socket.end();
  }

  /** Calls a method of the protocol and resolves to its result. */
  async call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = once(this, String(id));
    this.#send(JSON.stringify({ id, method, params }));
    const [result] = await answered;
    return result;
  }

  /** Resolves to the parameters of the next event of a kind. */
  async event(method: string): Promise<Record<string, unknown>> {
    const [params] = await once(this, method);
    return params;
  }

  #send(text: string): void {
    const payload = Buffer.from(text);
    const header = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
    // A mask of zeros leaves the payload as it is.
    this.#socket.write(Buffer.concat([header, Buffer.alloc(4), payload]));
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) {
      const { id, method, params, result } = JSON.parse(frame.toString("utf8")) as Message;
      this.emit(id === undefined ? (method ?? "") : String(id), params ?? result);
    }
  }

  #take(): Buffer | undefined {
    const buffer = this.#received;
    const short = (buffer[1] ?? 0) & 0x7f;
    const start = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (buffer.length < start) return undefined;
    const length =
      short === 127
        ? Number(buffer.readBigUInt64BE(2))
        : short === 126
          ? buffer.readUInt16BE(2)
          : short;
    if (buffer.length < start + length) return undefined;
    this.#received = buffer.subarray(start + length);
    return buffer.subarray(start, start + length);
  }
}
