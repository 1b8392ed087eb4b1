import { createServer, type Server, type Socket } from "node:net";
import { ExecutionError } from "../../errors.ts";
import type { LocalEngine } from "../engine.ts";
import { peekHead } from "./head.ts";

/** A function of an app that answers requests, and where. */
export interface Site {
  readonly name: string;
  /** Without a slash at the end. */
  readonly url: string;
}

export interface FrontOptions {
  /** The first port that is tried; each function gets the next that is free. */
  readonly port: number;
  /** The address that it listens on. */
  readonly host: string;
}

interface Listening {
  readonly server: Server;
  readonly port: number;
  /** It reads the head of the first request of each connection. */
  readonly readsHeads: boolean;
}

/** Ports that are tried one after the other. */
const MAX_TRIES = 100;

/** Listens for the functions of an app, and goes on to listen when another engine takes its place. */
export class Front {
  readonly #options: FrontOptions;
  readonly #servers: Map<string, Listening> = new Map();
  #engine: LocalEngine | undefined;

  constructor(options: FrontOptions) {
    this.#options = options;
  }

  /** Connections go to this engine from now on. @throws ExecutionError when no port is free */
  async use(engine: LocalEngine): Promise<readonly Site[]> {
    const names = engine.webFunctions;
    // The same functions keep their ports, whatever else has changed.
    for (const name of names) await this.#listenFor(name, engine.readsHeads(name));
    engine.urls = new Map(names.map((name) => [name, this.#urlOf(name)]));
    this.#engine = engine;
    for (const [name, { server }] of this.#servers) {
      if (names.includes(name)) continue;
      server.close();
      this.#servers.delete(name);
    }
    return names.map((name) => ({ name, url: this.#urlOf(name) }));
  }

  /** Takes no more connections. */
  close(): void {
    for (const { server } of this.#servers.values()) server.close();
    this.#servers.clear();
  }

  async #listenFor(name: string, readsHeads: boolean): Promise<void> {
    const known = this.#servers.get(name);
    if (known?.readsHeads === readsHeads) return;
    if (known !== undefined) {
      known.server.close();
      this.#servers.delete(name);
    }
    // Unread: what is read here does not arrive in the container. What is read all the same is no more than a head.
    const options = {
      pauseOnConnect: true,
      noDelay: true,
      ...(readsHeads && { highWaterMark: 1 }),
    };
    const server = createServer(options, (socket) => this.#accept(name, socket));
    const port = await this.#listen(server, known?.port);
    this.#servers.set(name, { server, port, readsHeads });
  }

  #accept(name: string, socket: Socket): void {
    socket.on("error", () => socket.destroy());
    if (this.#servers.get(name)?.readsHeads === true) void this.#acceptRead(name, socket);
    else if (this.#engine === undefined) socket.destroy();
    else this.#engine.accept(name, socket);
  }

  async #acceptRead(name: string, socket: Socket): Promise<void> {
    const head = await peekHead(socket);
    if (head === undefined || this.#engine === undefined) socket.destroy();
    else this.#engine.accept(name, socket, head);
  }

  async #listen(server: Server, before: number | undefined): Promise<number> {
    const { host } = this.#options;
    if (before !== undefined && (await listens(server, { port: before, host }))) return before;
    const taken = new Set([...this.#servers.values()].map(({ port }) => port));
    for (let port = this.#options.port; port < this.#options.port + MAX_TRIES; port += 1) {
      if (taken.has(port)) continue;
      if (await listens(server, { port, host })) return port;
    }
    const { port } = this.#options;
    throw new ExecutionError(
      "WINDLASS_NO_PORT",
      `no port from ${port} to ${port + MAX_TRIES - 1} of ${host} is free`,
      { hint: "choose another with `--port`" },
    );
  }

  #urlOf(name: string): string {
    const { host } = this.#options;
    const shown = host === "127.0.0.1" || host === "0.0.0.0" ? "localhost" : host;
    return `http://${shown}:${this.#servers.get(name)?.port}`;
  }
}

/** False where the port is taken, or not for this user. */
function listens(
  server: Server,
  where: { readonly port: number; readonly host: string },
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(false);
      else reject(error);
    };
    server.once("error", failed);
    server.listen(where, () => {
      server.off("error", failed);
      resolve(true);
    });
  });
}
