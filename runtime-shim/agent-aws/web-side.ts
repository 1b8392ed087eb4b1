import type { Socket } from "node:net";
import type { ContainerDoor } from "../../lib/aws/container-row.ts";
import type { Clock } from "../../lib/clock.ts";
import type { DoorSpec } from "../../lib/web/door.ts";
import type { Agent, AgentOptions } from "../agent/agent.ts";
import type { LeaseSource } from "../agent/lease-source.ts";
import { RequestLeases } from "./request-leases.ts";
import { WebDoor } from "./web-door.ts";

/** The controller hears this often at most of what there is to do. */
const NEWS_MS = 1000;
/** A new target is sent requests once it has answered a probe: the controller looks after each of the first. */
const FIRST_PROBES = 3;
/** When a load balancer has been told to send nothing more, what it still does arrives within this. */
const PROPAGATION_MS = 5000;
const LOOK_MS = 1000;

export interface WebSideOptions {
  readonly door: DoorSpec;
  readonly maxInputs: number;
  /** Where calls come from. */
  readonly source: LeaseSource;
  /** The one that runs now. */
  readonly agent: () => Agent | undefined;
  readonly metadataUrl: string | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly after: Clock["after"];
  /** It answers a request, or has answered the last. */
  readonly onChange: () => void;
  /** The controller should look at this container. */
  readonly onNews: () => void;
  /** Whether the controller has seen to it that no requests are sent here. */
  readonly isCut: () => Promise<boolean>;
}

/** How requests reach a container, from a load balancer or as calls, and how they stop when it leaves. */
export class WebSide {
  /** What the agent takes calls from. */
  readonly leases: RequestLeases;
  readonly #options: WebSideOptions;
  readonly #door: WebDoor;
  #port = 0;
  #probes = 0;
  #isTelling = false;

  constructor(options: WebSideOptions) {
    this.#options = options;
    const { door, maxInputs, source, metadataUrl } = options;
    this.leases = new RequestLeases({ source, door, maxInputs });
    this.#door = new WebDoor({
      ...{ metadataUrl, fetch },
      sleep: (ms) => this.#sleep(ms),
      pass: (socket) => this.#pass(socket),
    });
  }

  /** What an agent is told of it. */
  get agentOptions(): Pick<AgentOptions, "door" | "lateAfterMs" | "onProbe" | "onTraffic"> {
    const { door } = this.#options;
    return {
      door,
      lateAfterMs: door.patienceSeconds * 1000,
      onProbe: () => this.#probed(),
      onTraffic: () => this.#changed(),
    };
  }

  get isBusy(): boolean {
    return this.#options.agent()?.web.isBusy === true;
  }

  get report(): ContainerDoor {
    const { inside = 0, waiting = 0 } = this.#options.agent()?.web ?? {};
    return { port: this.#port, inside, waiting };
  }

  /** Takes connections from now on. @throws ContainerStartupError */
  async open(): Promise<void> {
    this.#port = await this.#door.open();
  }

  /** Goes on to answer until nobody sends requests here any more; without a controller nobody says so. */
  async leave(longestMs: number): Promise<void> {
    const { now, onNews, isCut } = this.#options;
    const startedAt = now();
    while (now() - startedAt < longestMs) {
      onNews();
      if (await isCut().catch(() => false)) {
        await this.#sleep(PROPAGATION_MS);
        return;
      }
      await this.#sleep(LOOK_MS);
    }
  }

  close(): void {
    this.#door.close();
  }

  #pass(socket: Socket): void {
    const agent = this.#options.agent();
    // The next runner is on its way; a load balancer is told by a connection that breaks.
    if (agent?.state === "ready" || agent?.state === "draining") agent.web.pass(socket);
    else socket.destroy();
  }

  #probed(): void {
    this.#probes += 1;
    if (this.#probes <= FIRST_PROBES) this.#tell();
  }

  #changed(): void {
    this.#options.onChange();
    // Of requests that wait: another container may be needed for them.
    if (this.report.waiting > 0) this.#tell();
  }

  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#options.after(NEWS_MS, () => {
      this.#isTelling = false;
      this.#options.onNews();
    });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.after(ms, resolve));
  }
}
