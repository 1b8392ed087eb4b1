import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { type Message, parseMessage } from "../../lib/messages.ts";
import { FrameReader } from "../../lib/protocol.ts";
import { takeOverSocket } from "../frame-socket.ts";
import { writeFrames } from "../write-frames.ts";
import { LogLines } from "./log-lines.ts";
import { reap } from "./reaper.ts";

/** The runner finds its socket to the agent on this file descriptor. */
const LINK_FD = 3;

/** What a runner wrote last is waited for this long after its end. */
const PIPE_GRACE_MS = 500;

export interface RunnerProcessOptions {
  /** The program, for instance `node`. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** It can be given connections: it is a program of Node. @default false */
  readonly takesConnections?: boolean | undefined;
}

export interface RunnerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines that the process wrote to stderr, or to stdout if there are none. */
  readonly tail: readonly string[];
}

export interface RunnerListener {
  message(message: Message): void;
  line(stream: "stdout" | "stderr", line: string): void;
  /** The process has ended and all it wrote has been passed on. */
  end(end: RunnerEnd): void;
}

/** Whatever runs user code, as its agent sees it. */
export interface Runner {
  /** Of its process; undefined where there is none. */
  readonly pid: number | undefined;
  listen(listener: RunnerListener): void;
  send(buffers: readonly Buffer[]): void;
  /** Gives it a copy of a connection, of which nothing was read; only of a function that answers requests. */
  pass?(connection: Socket, head?: Buffer): void;
  kill(): void;
}

/** A process that runs user code, and the socket to it. It waits for a listener before it reports. */
export class RunnerProcess implements Runner {
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #stdout: LogLines;
  readonly #stderr: LogLines;
  #listener: RunnerListener | undefined;
  #end: RunnerEnd | undefined;

  constructor(options: RunnerProcessOptions) {
    const { takesConnections = false } = options;
    // A session of its own: Ctrl-C in the terminal is the engine's to handle.
    this.#child = spawn(options.command, options.args, {
      cwd: options.cwd,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe", ...(takesConnections ? (["ipc"] as const) : [])],
    });
    const reader = new FrameReader((header, attachments) =>
      this.#listener?.message(parseMessage(header, attachments)),
    );
    this.#socket = takeOverSocket(
      this.#child.stdio[LINK_FD] as Socket, // "pipe" above makes it one.
      { push: (chunk) => this.#receive(reader, chunk) },
    );
    this.#stdout = new LogLines((line) => this.#listener?.line("stdout", line));
    this.#stderr = new LogLines((line) => this.#listener?.line("stderr", line));
    this.#watch();
    this.unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  listen(listener: RunnerListener): void {
    this.#listener = listener;
    if (this.#end !== undefined) listener.end(this.#end);
  }

  send(buffers: readonly Buffer[]): void {
    if (this.#end !== undefined || this.#socket.destroyed) return;
    writeFrames(this.#socket, buffers);
  }

  pass(connection: Socket, head?: Buffer): void {
    const read = head === undefined ? "" : head.toString("base64");
    // Kept open here too: a process that dies before it has taken it would leave its client without an answer.
    if (this.#child.connected) this.#child.send(read, connection, { keepOpen: true }, () => {});
  }

  kill(): void {
    if (this.#end === undefined) this.#child.kill("SIGKILL");
  }

  /** Whoever has outstanding work keeps the event loop alive; an idle runner must not. */
  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    for (const stream of [this.#socket, this.#child.stdout, this.#child.stderr]) {
      (stream as Socket | null)?.unref();
    }
  }

  #watch(): void {
    const child = this.#child;
    reap(child);
    // A runner that dies resets the socket; its exit tells the rest.
    this.#socket.on("error", () => {});
    child.stdout?.on("data", (chunk: Buffer) => this.#stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => this.#stderr.push(chunk));
    child.once("error", (error) => {
      this.#stderr.push(Buffer.from(`${error.message}\n`));
      if (child.pid === undefined) this.#finish(null, null);
    });
    child.once("close", (code, signal) => this.#finish(code, signal));
    // A process that user code started may hold the pipes open long after the runner has ended.
    child.once("exit", (code, signal) => {
      setTimeout(() => this.#finish(code, signal), PIPE_GRACE_MS).unref();
    });
  }

  #receive(reader: FrameReader, chunk: Uint8Array): void {
    try {
      reader.push(chunk);
    } catch (error) {
      // User code wrote to the socket, or the process is broken: neither can be trusted further.
      this.#stderr.push(Buffer.from(`${String(error)}\n`));
      this.#child.kill("SIGKILL");
    }
  }

  #finish(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#end !== undefined) return;
    this.#stdout.end();
    this.#stderr.end();
    const tail = this.#stderr.tail.length > 0 ? this.#stderr.tail : this.#stdout.tail;
    this.#end = { code, signal, tail };
    this.#listener?.end(this.#end);
  }
}
