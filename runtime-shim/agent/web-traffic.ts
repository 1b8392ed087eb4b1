import type { Socket } from "node:net";
import type { WebLoad } from "../web/web-server.ts";

/** What an agent knows of the requests in its container. */
export class WebTraffic {
  readonly #pass: (socket: Socket, head: Buffer | undefined) => void;
  readonly #passesCopies: boolean;
  /** Connections that the container has not said to have: they end with it. */
  readonly #underway: Set<Socket> = new Set();
  #load: WebLoad = { accepted: 0, inside: 0, waiting: 0, requestMs: undefined };

  /** @param options - `passesCopies`: another process gets a connection, and this one closes its own */
  constructor(
    pass: (socket: Socket, head: Buffer | undefined) => void,
    { passesCopies }: { readonly passesCopies: boolean } = { passesCopies: true },
  ) {
    this.#pass = pass;
    this.#passesCopies = passesCopies;
  }

  /** Requests in the container, and connections on their way there: each most likely brings one. */
  get inside(): number {
    return this.#load.inside + this.#underway.size;
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

  /** Gives the container a connection. @param head - what was read of it and is still in it; undefined: nothing */
  pass(socket: Socket, head?: Buffer): void {
    this.#underway.add(socket);
    this.#pass(socket, head);
  }

  /** The container has ended, and with it what it was given. */
  close(): void {
    for (const socket of this.#underway) socket.destroy();
    this.#underway.clear();
    this.#load = { ...this.#load, inside: 0, waiting: 0 };
  }

  /** Takes what the container tells: a message's fields. */
  told([accepted, inside, waiting, requestMs]: readonly unknown[]): void {
    const took = Number(requestMs);
    let arrived = Number(accepted) - this.#load.accepted;
    for (const socket of this.#underway) {
      if (arrived === 0) break;
      arrived -= 1;
      this.#underway.delete(socket);
      if (this.#passesCopies) socket.destroy();
    }
    this.#load = {
      accepted: Number(accepted),
      inside: Number(inside),
      waiting: Number(waiting),
      requestMs: took < 0 ? undefined : took,
    };
  }
}
