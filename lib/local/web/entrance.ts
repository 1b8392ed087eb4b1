import type { Socket } from "node:net";
import type { WebTraffic } from "../../../runtime-shim/agent/web-traffic.ts";
import type { WindlassError } from "../../errors.ts";

/** A container, as connections see it. */
export interface Door {
  /** It takes connections now. */
  readonly isOpen: boolean;
  /** Calls that it runs, which take the place of requests. */
  readonly running: number;
  readonly web: WebTraffic;
}

/** Requests so short that a connection need not wait until a container has told that it has room. */
const SHORT_MS = 10;

/** Connections to the containers of a function: each goes where there is most room, and waits while there is none. */
export class Entrance {
  readonly #doors: () => Iterable<Door>;
  readonly #maxInputs: number;
  readonly #waiting: Set<Socket> = new Set();

  constructor(doors: () => Iterable<Door>, maxInputs: number) {
    this.#doors = doors;
    this.#maxInputs = maxInputs;
  }

  /** Connections that wait, and requests that wait in containers. */
  get backlog(): number {
    let backlog = this.#waiting.size;
    for (const { web } of this.#doors()) backlog += web.waiting;
    return backlog;
  }

  /** Requests in containers. */
  get running(): number {
    let running = 0;
    for (const { web } of this.#doors()) running += web.inside;
    return running;
  }

  /** Milliseconds that requests take; undefined before the first. */
  get requestMs(): number | undefined {
    const known = [...this.#doors()].flatMap(({ web }) => web.requestMs ?? []);
    return known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0) / known.length;
  }

  /** @param connection - of which nothing was read */
  accept(connection: Socket): void {
    this.#waiting.add(connection);
    // A client that goes away is not waited for.
    connection.once("close", () => this.#waiting.delete(connection));
    this.dispatch();
  }

  /** Gives connections that wait to containers that have room. */
  dispatch(): void {
    for (const connection of this.#waiting) {
      const door = this.#pick();
      if (door === undefined) return;
      this.#waiting.delete(connection);
      door.web.pass(connection);
    }
  }

  /** No container can be started: whoever waits is told so. */
  fail(error: Pick<WindlassError, "code" | "message">): void {
    const { code, message } = error;
    const text = JSON.stringify({ error: { code, message } });
    const head = [
      "HTTP/1.1 503 Service Unavailable",
      "content-type: application/json",
      `content-length: ${Buffer.byteLength(text)}`,
      "connection: close",
    ];
    for (const connection of this.#waiting) connection.end(`${head.join("\r\n")}\r\n\r\n${text}`);
    this.#waiting.clear();
  }

  /** Nobody is let in any more. */
  close(): void {
    for (const connection of this.#waiting) connection.destroy();
    this.#waiting.clear();
  }

  #pick(): Door | undefined {
    let best: Door | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const door of this.#doors()) {
      if (!door.isOpen) continue;
      const load = door.web.inside + door.web.waiting + door.running;
      const isShort = (door.web.requestMs ?? Number.POSITIVE_INFINITY) < SHORT_MS;
      if ((load < this.#maxInputs || isShort) && load < least) {
        best = door;
        least = load;
      }
    }
    return best;
  }
}
