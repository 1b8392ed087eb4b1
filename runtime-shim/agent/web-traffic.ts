import type { Socket } from "node:net";
import type { WebLoad } from "../web/web-server.ts";

/** What an agent knows of the requests in its container. */
export class WebTraffic {
  readonly #pass: (socket: Socket) => void;
  #passed = 0;
  #load: WebLoad = { accepted: 0, inside: 0, waiting: 0, requestMs: undefined };

  constructor(pass: (socket: Socket) => void) {
    this.#pass = pass;
  }

  /** Requests in the container, and connections on their way there: each most likely brings one. */
  get inside(): number {
    return this.#load.inside + this.#passed - this.#load.accepted;
  }

  get waiting(): number {
    return this.#load.waiting;
  }

  get isBusy(): boolean {
    return this.inside + this.waiting > 0;
  }

  /** Milliseconds that requests take; undefined before the first. */
  get requestMs(): number | undefined {
    return this.#load.requestMs;
  }

  /** Gives the container a connection. */
  pass(socket: Socket): void {
    this.#passed += 1;
    this.#pass(socket);
  }

  /** Takes what the container tells: a message's fields. */
  told([accepted, inside, waiting, requestMs]: readonly unknown[]): void {
    const took = Number(requestMs);
    this.#load = {
      accepted: Number(accepted),
      inside: Number(inside),
      waiting: Number(waiting),
      requestMs: took < 0 ? undefined : took,
    };
  }
}
