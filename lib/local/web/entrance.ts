import type { Socket } from "node:net";
import type { WebTraffic } from "../../../runtime-shim/agent/web-traffic.ts";
import { NO_ROOM } from "../../../runtime-shim/web/problem.ts";
import { CONTAINER_COOKIE } from "../../../runtime-shim/web/routing.ts";
import type { WindlassError } from "../../errors.ts";
import type { Head } from "./head.ts";
import { refuseConnection } from "./refuse-connection.ts";

/** A container, as connections see it. */
export interface Door {
  /** Of the container. */
  readonly id: string;
  /** It takes connections now. */
  readonly isOpen: boolean;
  /** Calls that it runs, which take the place of requests. */
  readonly running: number;
  readonly web: WebTraffic;
}

export interface EntranceOptions {
  readonly doors: () => Iterable<Door>;
  readonly maxInputs: number;
  /** Connections wait while no container has room; false: they get 503 at once. */
  readonly isQueued: boolean;
  /** The container that a client's cookie names comes first. */
  readonly isSticky: boolean;
}

/** Requests so short that a connection need not wait until a container has told that it has room. */
const SHORT_MS = 10;

/** Connections to the containers of a function: each goes where there is most room, and waits while there is none. */
export class Entrance {
  readonly #options: EntranceOptions;
  /** With what was read of them. */
  readonly #waiting: Map<Socket, Head | undefined> = new Map();
  /** Connections that were refused since a container last became ready. */
  #refused = 0;

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /** Connections that wait, and requests that wait in containers. */
  get backlog(): number {
    let backlog = this.#waiting.size;
    for (const { web } of this.#options.doors()) backlog += web.waiting;
    return backlog;
  }

  /** Those and what would wait if it could: what containers are wanted for. */
  get demand(): number {
    return this.backlog + this.#refused;
  }

  /** Requests in containers. */
  get running(): number {
    let running = 0;
    for (const { web } of this.#options.doors()) running += web.inside;
    return running;
  }

  /** Milliseconds that requests take; undefined before the first. */
  get requestMs(): number | undefined {
    const known = [...this.#options.doors()].flatMap(({ web }) => web.requestMs ?? []);
    return known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0) / known.length;
  }

  /** @param head - what was read of it; undefined: nothing */
  accept(connection: Socket, head?: Head): void {
    this.#waiting.set(connection, head);
    // A client that goes away is not waited for.
    connection.once("close", () => this.#waiting.delete(connection));
    this.dispatch();
    if (this.#options.isQueued || !this.#waiting.delete(connection)) return;
    this.#refused += 1;
    refuseConnection(connection, NO_ROOM);
  }

  /** A container more has room. */
  opened(): void {
    this.#refused = 0;
    this.dispatch();
  }

  /** Gives connections that wait to containers that have room. */
  dispatch(): void {
    for (const [connection, head] of this.#waiting) {
      const door = this.#pick(head);
      if (door === undefined) return;
      this.#waiting.delete(connection);
      door.web.pass(connection, head?.bytes);
    }
  }

  /** No container can be started: whoever waits is told so. */
  fail({ code, message }: Pick<WindlassError, "code" | "message">): void {
    this.#refused = 0;
    for (const connection of this.#waiting.keys()) {
      refuseConnection(connection, { status: 503, code, message });
    }
    this.#waiting.clear();
  }

  /** Nobody is let in any more. */
  close(): void {
    for (const connection of this.#waiting.keys()) connection.destroy();
    this.#waiting.clear();
  }

  #pick(head: Head | undefined): Door | undefined {
    const own = this.#options.isSticky ? head?.cookie(CONTAINER_COOKIE) : undefined;
    let best: Door | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const door of this.#options.doors()) {
      if (!door.isOpen) continue;
      const load = door.web.inside + door.web.waiting + door.running;
      const hasRoom = this.#hasRoom(door, load);
      // What the client has in its container is there alone: it waits for that one, where it may wait.
      if (door.id === own) return hasRoom || this.#options.isQueued ? door : undefined;
      if (hasRoom && load < least) {
        best = door;
        least = load;
      }
    }
    return best;
  }

  #hasRoom({ web }: Door, load: number): boolean {
    if (load < this.#options.maxInputs) return true;
    return this.#options.isQueued && (web.requestMs ?? Number.POSITIVE_INFINITY) < SHORT_MS;
  }
}
