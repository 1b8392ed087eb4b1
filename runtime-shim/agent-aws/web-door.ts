import { createServer, type Server, type Socket } from "node:net";
import { ContainerStartupError } from "../../lib/errors.ts";
import { DOOR_PORT } from "../../lib/web/door.ts";

/** What ECS tells a container of itself [task metadata version 4]. */
interface Metadata {
  readonly Ports?: readonly { readonly ContainerPort?: number; readonly HostPort?: number }[];
}

/** ECS knows ports a moment after a container has started. */
const TRIES = 50;
const PAUSE_MS = 200;

export interface WebDoorOptions {
  /** Takes a connection of which nothing was read; undefined while no runner is there. */
  readonly pass: (socket: Socket) => void;
  /** The address that ECS tells a container about itself at. */
  readonly metadataUrl: string | undefined;
  readonly fetch: typeof fetch;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Where a container takes connections of its load balancer. */
export class WebDoor {
  readonly #options: WebDoorOptions;
  readonly #server: Server;

  constructor(options: WebDoorOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      socket.on("error", () => socket.destroy());
      options.pass(socket);
    });
  }

  /** Takes connections. Resolves to the port of the host that leads here. @throws ContainerStartupError */
  async open(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(DOOR_PORT, resolve);
    });
    return await this.#hostPort();
  }

  /** Takes no more. */
  close(): void {
    this.#server.close();
  }

  async #hostPort(): Promise<number> {
    const { metadataUrl, fetch, sleep } = this.#options;
    for (let tried = 0; metadataUrl !== undefined && tried < TRIES; tried += 1) {
      const answer = await fetch(metadataUrl);
      const { Ports = [] } = (await answer.json()) as Metadata;
      const port = Ports.find(({ ContainerPort }) => ContainerPort === DOOR_PORT)?.HostPort;
      if (port !== undefined && port > 0) return port;
      await sleep(PAUSE_MS);
    }
    throw new ContainerStartupError(
      "WINDLASS_NO_HOST_PORT",
      `the container is not told which port of its host leads to its port ${DOOR_PORT}`,
      { hint: "deploy the app again, so that its task definition maps that port" },
    );
  }
}
