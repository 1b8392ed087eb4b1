import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogLines } from "../../../runtime-shim/agent/log-lines.ts";
import { reap } from "../../../runtime-shim/agent/reaper.ts";
import type {
  Runner,
  RunnerEnd,
  RunnerListener,
} from "../../../runtime-shim/agent/runner-process.ts";
import { writeFrames } from "../../../runtime-shim/write-frames.ts";
import { parseMessage } from "../../messages.ts";
import { FrameReader } from "../../protocol.ts";
import { dockerProgram } from "../images/docker.ts";

/** Where a container finds the socket to its agent. */
const LINK_FOLDER = "/run/windlass-link";
const LINK_FILE = "agent.sock";
/** What Docker's client exits with for a program that a signal has ended: 128 and its number. */
const KILLED = 137;

export interface DockerRunnerOptions {
  readonly name: string;
  /** Arguments of `docker run` between its own and the image. */
  readonly options: readonly string[];
  readonly image: string;
  /** The program in the container. */
  readonly command: readonly string[];
}

/** A runner in a container of Docker, linked by a socket in a folder that both see. */
export class DockerRunner implements Runner {
  readonly pid: undefined;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #server: Server;
  readonly #folder: string;
  readonly #stdout: LogLines;
  readonly #stderr: LogLines;
  /** Messages from before it was linked. */
  readonly #unsent: (readonly Buffer[])[] = [];
  #socket: Socket | undefined;
  #listener: RunnerListener | undefined;
  #end: RunnerEnd | undefined;

  constructor({ name, options, image, command }: DockerRunnerOptions) {
    this.#name = name;
    // Nobody else on this machine may look into the first; the user of any image may into the second.
    this.#folder = mkdtempSync(join(tmpdir(), "windlass-link-"));
    const link = join(this.#folder, "link");
    mkdirSync(link);
    chmodSync(link, 0o755);
    const file = join(link, LINK_FILE);
    this.#server = createServer((socket) => this.#linked(socket));
    this.#server.listen(file, () => chmodSync(file, 0o666));
    this.#server.unref();
    const args = [
      ...["run", "--rm", "--init", "--name", name],
      ...["--volume", `${link}:${LINK_FOLDER}`],
      ...["--env", `WINDLASS_LINK=${LINK_FOLDER}/${LINK_FILE}`],
      ...options,
      ...[image, ...command],
    ];
    this.#child = spawn(dockerProgram(), args, {
      // A session of its own: Ctrl-C in the terminal is the engine's to handle.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#stdout = new LogLines((line) => this.#listener?.line("stdout", line));
    this.#stderr = new LogLines((line) => this.#listener?.line("stderr", line));
    this.#watch();
  }

  listen(listener: RunnerListener): void {
    this.#listener = listener;
    if (this.#end !== undefined) listener.end(this.#end);
  }

  send(buffers: readonly Buffer[]): void {
    if (this.#end !== undefined) return;
    if (this.#socket === undefined) this.#unsent.push(buffers);
    else if (!this.#socket.destroyed) writeFrames(this.#socket, buffers);
  }

  kill(): void {
    if (this.#end !== undefined) return;
    // By the daemon: its client would leave the container behind.
    const killing = spawn(dockerProgram(), ["kill", this.#name], { stdio: "ignore" });
    killing.on("error", () => {});
    // It is not there yet: it ends as soon as it finds nobody to talk to.
    killing.on("close", (code) => {
      if (code !== 0) this.#child.kill("SIGKILL");
    });
  }

  #linked(socket: Socket): void {
    if (this.#socket !== undefined) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    const reader = new FrameReader((header, attachments) =>
      this.#listener?.message(parseMessage(header, attachments)),
    );
    socket.on("data", (chunk) => this.#receive(reader, chunk));
    socket.on("error", () => {});
    socket.unref();
    for (const buffers of this.#unsent.splice(0)) writeFrames(socket, buffers);
  }

  #receive(reader: FrameReader, chunk: Uint8Array): void {
    try {
      reader.push(chunk);
    } catch (error) {
      // User code wrote to the socket, or the process is broken: neither can be trusted further.
      this.#stderr.push(Buffer.from(`${String(error)}\n`));
      this.kill();
    }
  }

  #watch(): void {
    const child = this.#child;
    reap(child);
    child.unref();
    for (const [stream, lines] of [
      [child.stdout, this.#stdout],
      [child.stderr, this.#stderr],
    ] as const) {
      stream?.on("data", (chunk: Buffer) => lines.push(chunk));
      (stream as Socket | null)?.unref();
    }
    child.once("error", (error) => {
      this.#stderr.push(Buffer.from(`${error.message}\n`));
      if (child.pid === undefined) this.#finish(null);
    });
    child.once("close", (code) => this.#finish(code));
  }

  #finish(code: number | null): void {
    if (this.#end !== undefined) return;
    this.#stdout.end();
    this.#stderr.end();
    const tail = this.#stderr.tail.length > 0 ? this.#stderr.tail : this.#stdout.tail;
    this.#end =
      code === KILLED ? { code: null, signal: "SIGKILL", tail } : { code, signal: null, tail };
    this.#server.close();
    this.#socket?.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
    this.#listener?.end(this.#end);
  }
}
