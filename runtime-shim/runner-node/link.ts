import type { Socket } from "node:net";
import { type Message, parseMessage } from "../../lib/messages.ts";
import { FrameReader } from "../../lib/protocol.ts";
import { openFrameSocket } from "../frame-socket.ts";
import { writeFrames } from "../write-frames.ts";

const LINK_FD = 3;

/** The runner's end of the socket to its agent. */
export class Link {
  readonly #socket: Socket;

  constructor(onMessage: (message: Message) => void) {
    const reader = new FrameReader((header, attachments) =>
      onMessage(parseMessage(header, attachments)),
    );
    this.#socket = openFrameSocket({ fd: LINK_FD, readable: true, writable: true }, reader);
    // An agent that is gone wants nothing any more.
    this.#socket.on("error", () => process.exit(0));
    this.#socket.on("close", () => process.exit(0));
    this.#socket.on("end", () => process.exit(0));
  }

  send(buffers: readonly Buffer[]): void {
    writeFrames(this.#socket, buffers);
  }

  /** Resolves once all that was sent has left this process. */
  flush(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }
}
