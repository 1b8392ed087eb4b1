import type { Socket } from "node:net";
import { type Message, parseMessage } from "../../lib/messages.ts";
import { FrameReader } from "../../lib/protocol.ts";
import { openFrameSocket } from "../frame-socket.ts";
import { writeFrames } from "../write-frames.ts";

const LINK_FD = 3;

/** Names a socket, where a runner was not started by its agent itself. */
const LINK_VARIABLE = "WINDLASS_LINK";

/** The runner's end of the socket to its agent. */
export class Link {
  readonly #socket: Socket;

  constructor(onMessage: (message: Message) => void) {
    const reader = new FrameReader((header, attachments) =>
      onMessage(parseMessage(header, attachments)),
    );
    this.#socket = openLink(reader);
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

function openLink(reader: FrameReader): Socket {
  const { [LINK_VARIABLE]: path } = process.env;
  if (path === undefined) {
    return openFrameSocket({ fd: LINK_FD, readable: true, writable: true }, reader);
  }
  // Nothing that user code starts is to find it.
  delete process.env[LINK_VARIABLE];
  return openFrameSocket({}, reader).connect(path);
}
