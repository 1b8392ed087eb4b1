import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "../../lib/clock.ts";
import { FunctionTimeoutError } from "../../lib/errors.ts";
import type { DoorSpec } from "../../lib/web/door.ts";
import type { WebSpec } from "../../lib/web/web-spec.ts";
import type { Authorize } from "./authorize.ts";
import { dropClaims } from "./claims.ts";
import { applyCors } from "./cors.ts";
import { Door } from "./door.ts";
import { tellOverdue } from "./ended-signal.ts";
import type { OnFailed } from "./failed-requests.ts";
import type { Gate } from "./gate.ts";
import { LateAnswers, type LateAnswersOptions } from "./late-answers.ts";
import { NO_ROOM, type Refusal, refuse, refuseUpgrade } from "./problem.ts";
import type { Routing } from "./routing.ts";

/** What answers the requests of a function. */
export interface Site {
  /** Resolves when its code has ended, which may be before or after the answer has. */
  request(request: IncomingMessage, response: ServerResponse): Promise<void> | void;
  /** Takes a connection over, for instance as a WebSocket. @default - such requests are answered as others */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** What a container has to do for requests. */
export interface WebLoad {
  /** Connections that it was ever given. */
  readonly accepted: number;
  /** Requests that are answered now, WebSockets too. */
  readonly inside: number;
  readonly waiting: number;
  /** Milliseconds that requests take; undefined before the first. */
  readonly requestMs: number | undefined;
}

export interface WebServerOptions {
  readonly spec: Pick<WebSpec, "cors">;
  readonly site: Site;
  readonly gate: Gate;
  /** @default - whoever asks is let in */
  readonly authorize: Authorize | undefined;
  readonly timeoutSeconds: number;
  /** How requests come from a load balancer. @default - they come from clients */
  readonly door?: DoorSpec | undefined;
  /** A load balancer has asked how the container is. @default - nobody wants to know */
  readonly onProbe?: (() => void) | undefined;
  /** What keeps answers that come late. @default - requests wait for their answers, however long that takes */
  readonly late?: Pick<LateAnswersOptions, "answers" | "afterMs"> | undefined;
  /** Connections are brought here by what their first request says. @default - any request may come on any */
  readonly routing?: Routing | undefined;
  /** Requests wait until there is room; false: they get 503 at once. @default true */
  readonly isQueued?: boolean;
  readonly clock: Pick<Clock, "now" | "after">;
  /** Its load has changed; comes at most every 5 ms. */
  readonly onLoad: (load: WebLoad) => void;
  /** Hears of requests that run out of time. @default - nobody does */
  readonly onFailed?: OnFailed;
  /** All that it may answer at a time has run out of time and goes on all the same. */
  readonly onStuck: () => void;
}

/** How often its load is told at most: a fraction of what the start of a container takes. */
const REPORT_MS = 5;
/** A request that waited for longer tells its client to connect anew, to wherever there is room. */
const LONG_WAIT_MS = 20;
/** Code that was told to stop gets this long. */
const STOP_GRACE_MS = 1000;
/** A load balancer that still uses a connection must not find it closed: it keeps silent ones for 4,000 s. */
const BEHIND_BALANCER_MS = 4_100_000;
/** Behind a load balancer, which knows other containers, so many wait at most for each that is let in. */
const MAX_WAITING = 2;
/** When it closes, connections that were silent so far may bring a request within this. */
const HEAR_MS = 200;
/** Weight of the newest request in what requests take. */
const SMOOTHING = 0.1;

/** Answers requests on connections that it is given: so many at a time, each within its time. */
export class WebServer {
  readonly #options: WebServerOptions;
  readonly #server: Server;
  readonly #door: Door | undefined;
  readonly #late: LateAnswers | undefined;
  /** Requests that ran out of time and hold their place. */
  #overdue = 0;
  #accepted = 0;
  #requestMs: number | undefined;
  /** Connections that have not brought a request yet. */
  readonly #silent: Set<Socket> = new Set();
  #isReporting = false;
  #isDraining = false;

  constructor(options: WebServerOptions) {
    this.#options = options;
    const { late, timeoutSeconds, clock } = options;
    this.#late = late && new LateAnswers({ ...late, timeoutSeconds, clock });
    this.#server = createServer((request, response) => this.#take(request, response));
    // Requests may take as long as their function may; uploads too.
    this.#server.requestTimeout = 0;
    // Node keeps track of connections, to end idle ones and those without headers, from when a server listens.
    this.#server.emit("listening");
    if (options.site.upgrade !== undefined) this.#takeUpgrades();
    this.#door = this.#createDoor();
  }

  /** Answers the requests of a connection from now on. */
  accept(socket: Socket): void {
    this.#accepted += 1;
    this.#silent.add(socket);
    socket.once("close", () => this.#silent.delete(socket));
    this.#server.emit("connection", socket);
    // It was given before anything of it was read.
    socket.resume();
    this.#report();
  }

  /** Resolves when all that came has been answered; connections end with their answers. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    this.#server.closeIdleConnections();
    // Calls take their turn among requests: they are waited for too.
    await Promise.all([this.#options.gate.empty(), this.#late?.drain()]);
    // What was given just now is on its way through the system.
    if (this.#silent.size > 0) await this.#hearLast();
    await this.#late?.drain();
    this.#server.closeAllConnections();
  }

  #createDoor(): Door | undefined {
    const { door, onProbe = () => {} } = this.#options;
    if (door === undefined) return undefined;
    this.#server.keepAliveTimeout = BEHIND_BALANCER_MS;
    return new Door({ door, onProbe, isClosing: () => this.#isDraining });
  }

  async #hearLast(): Promise<void> {
    const { clock, gate } = this.#options;
    await new Promise<void>((resolve) => clock.after(HEAR_MS, resolve));
    await gate.empty();
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    this.#silent.delete(request.socket);
    if (this.#door?.admits(request, response) === false) return;
    if (this.#options.routing?.route(request, response) === false) return;
    const { cors } = this.#options.spec;
    if (cors !== null && applyCors(cors, request, response)) return;
    this.#check(request, {
      admit: () => {
        const asksFor = this.#late?.idOf(request);
        if (asksFor === undefined) this.#admit(request, response);
        else void this.#late?.follow(asksFor, request, response);
      },
      deny: (refusal) => refuse(response, refusal),
    });
  }

  /** Lets in who may ask: at once where all may. */
  #check(
    request: IncomingMessage,
    { admit, deny }: { readonly admit: () => void; readonly deny: (refusal: Refusal) => void },
  ): void {
    const { authorize } = this.#options;
    if (authorize === undefined) {
      admit();
      return;
    }
    dropClaims(request);
    void this.#refusalOf(authorize, request).then((refusal) => {
      if (refusal === undefined) admit();
      else deny(refusal);
    });
  }

  async #refusalOf(authorize: Authorize, request: IncomingMessage): Promise<Refusal | undefined> {
    try {
      return await authorize(request);
    } catch (error) {
      process.stderr.write(`tokens cannot be checked: ${String(error)}\n`);
      return {
        status: 503,
        code: "WINDLASS_TOKENS_UNAVAILABLE",
        message: "tokens cannot be checked at the moment",
      };
    }
  }

  #admit(request: IncomingMessage, response: ServerResponse): void {
    const { clock, gate } = this.#options;
    if (this.#isFull) {
      refuse(response, NO_ROOM);
      return;
    }
    const cameAt = clock.now();
    let onClose: (() => void) | undefined;
    let stopWaiting: (() => void) | undefined;
    const giveUp = gate.enter(() => {
      stopWaiting?.();
      const waitedMs = clock.now() - cameAt;
      if (!response.headersSent && (this.#isDraining || waitedMs > LONG_WAIT_MS)) {
        response.setHeader("connection", "close");
      }
      onClose = this.#begin(request, response, waitedMs);
    });
    const late = this.#late;
    if (onClose === undefined && late !== undefined) {
      stopWaiting = clock.after(late.afterMs, () => late.postpone(request, response));
    }
    response.once("close", () => {
      stopWaiting?.();
      giveUp();
      onClose?.();
    });
    this.#report();
  }

  /** It has no room, and nobody may wait for some, or no more than do. */
  get #isFull(): boolean {
    const { gate, isQueued = true } = this.#options;
    if (gate.inside < gate.limit) return false;
    if (!isQueued) return true;
    return this.#door !== undefined && gate.waiting >= MAX_WAITING * gate.limit;
  }

  /** Lets the site answer. Returns what is to be called when the answer has ended. */
  #begin(request: IncomingMessage, response: ServerResponse, waitedMs: number): () => void {
    const { site, timeoutSeconds, clock } = this.#options;
    const beganAt = clock.now();
    const postpone = (): void => this.#late?.postpone(request, response);
    const stopClock = this.#watch({ waitedMs, postpone }, () => {
      const error = overdue(timeoutSeconds);
      refuse(response, { status: 504, code: error.code, message: error.message });
      this.#options.onFailed?.({ kind: "timeout", error });
      tellOverdue(response);
      this.#expectEnd(place);
    });
    const place = { parts: 2, isOverdue: false };
    const leave = (): void => {
      place.parts -= 1;
      if (place.parts > 0) return;
      stopClock();
      this.#left(beganAt, place.isOverdue);
    };
    const running = site.request(request, response);
    if (running === undefined) leave();
    else void running.then(leave, leave);
    return leave;
  }

  /** Calls back when a request has waited long for an answer, and when its time is over: by one timer at a time. */
  #watch(
    { waitedMs, postpone }: { readonly waitedMs: number; readonly postpone: () => void },
    onOverdue: () => void,
  ): () => void {
    const { clock, timeoutSeconds } = this.#options;
    const lateMs = (this.#late?.afterMs ?? Number.POSITIVE_INFINITY) - waitedMs;
    const leftMs = timeoutSeconds * 1000;
    // One that has waited so long was told before it began.
    if (lateMs <= 0 || lateMs >= leftMs) return clock.after(leftMs, onOverdue);
    let stop = clock.after(lateMs, () => {
      postpone();
      stop = clock.after(leftMs - lateMs, onOverdue);
    });
    return () => stop();
  }

  /** Code that ran out of time has been told so, and should end. */
  #expectEnd(place: { parts: number; isOverdue: boolean }): void {
    const { clock, gate, onStuck } = this.#options;
    clock.after(STOP_GRACE_MS, () => {
      if (place.parts === 0) return;
      place.isOverdue = true;
      this.#overdue += 1;
      if (this.#overdue >= gate.limit) onStuck();
    });
  }

  #left(beganAt: number, wasOverdue: boolean): void {
    const { clock, gate } = this.#options;
    const tookMs = clock.now() - beganAt;
    const known = this.#requestMs ?? tookMs;
    this.#requestMs = known + SMOOTHING * (tookMs - known);
    if (wasOverdue) this.#overdue -= 1;
    gate.leave();
    this.#report();
  }

  #takeUpgrades(): void {
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#silent.delete(request.socket);
      if (this.#door?.admitsUpgrade(request) === false) {
        refuseUpgrade(socket, NO_ROOM);
        return;
      }
      this.#check(request, {
        admit: () => this.#admitUpgrade(request, socket, head),
        deny: (refusal) => refuseUpgrade(socket, refusal),
      });
    });
  }

  /** A connection that is taken over holds its place until it ends, and ends when its time is over. */
  #admitUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { gate, site, clock, timeoutSeconds } = this.#options;
    if (this.#isFull) {
      refuseUpgrade(socket, NO_ROOM);
      return;
    }
    let onClose = (): void => {};
    const giveUp = gate.enter(() => {
      const stopClock = clock.after(timeoutSeconds * 1000, () => socket.destroy());
      onClose = (): void => {
        stopClock();
        gate.leave();
        this.#report();
      };
      site.upgrade?.(request, socket, head);
    });
    socket.once("close", () => {
      giveUp();
      onClose();
    });
    this.#report();
  }

  #report(): void {
    if (this.#isReporting) return;
    this.#isReporting = true;
    const { clock, gate, onLoad } = this.#options;
    clock.after(REPORT_MS, () => {
      this.#isReporting = false;
      const { inside, waiting } = gate;
      onLoad({ accepted: this.#accepted, inside, waiting, requestMs: this.#requestMs });
    });
  }
}

function overdue(timeoutSeconds: number): FunctionTimeoutError {
  return new FunctionTimeoutError(
    "WINDLASS_FUNCTION_TIMEOUT",
    `there was no answer within the ${timeoutSeconds} seconds that requests may take`,
  );
}
