import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { BenchError } from "./bench-error.ts";

/** How to start a contender. */
export interface ContenderSpec {
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd: string;
}

export type Reply = Readonly<Record<string, number>>;

interface Pending {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** A command that takes longer is given up: the slowest honest one takes about two minutes. */
const COMMAND_TIMEOUT_MS = 600_000;
/** A pool that does not end by itself (poolifier, at times) is killed after this long. */
const CLOSE_TIMEOUT_MS = 5000;
const STDERR_KEPT = 4000;

const running = new Set<ChildProcess>();
// Each contender leads a process group, so that its workers end with it.
process.on("exit", () => {
  for (const child of running) killGroup(child);
});

/** A contender in a process of its own, driven by commands: see contenders/driver.mjs. */
export class Contender {
  readonly name: string;
  readonly #child: ChildProcess;
  #pending: Pending | undefined;
  #stderr = "";
  #ended = false;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => this.#take(line));
    child.on("close", (code, signal) => this.#end(`ended with ${signal ?? `code ${code}`}`));
    child.on("error", (error) => this.#end(`did not start: ${error.message}`));
  }

  static async start(spec: ContenderSpec): Promise<Contender> {
    const [program, ...args] = spec.command;
    const child = spawn(program, args, {
      cwd: spec.cwd,
      env: contenderEnvironment(spec.env),
      stdio: ["pipe", "ignore", "pipe", "pipe"],
      detached: true,
    });
    running.add(child);
    const contender = new Contender(spec.name, child);
    await contender.#reply(COMMAND_TIMEOUT_MS);
    return contender;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a command and waits for its reply. @throws Error with what the contender threw or printed */
  async send(
    command: string,
    options: object = {},
    timeoutMs: number = COMMAND_TIMEOUT_MS,
  ): Promise<Reply> {
    if (this.#ended) throw new BenchError(`${this.name} is not running`);
    (this.#child.stdin as Writable).write(`${JSON.stringify({ command, options })}\n`);
    return await this.#reply(timeoutMs);
  }

  async stop(): Promise<void> {
    if (!this.#ended) await this.send("close", {}, CLOSE_TIMEOUT_MS).catch(() => undefined);
    killGroup(this.#child);
    running.delete(this.#child);
  }

  async #reply(timeoutMs: number): Promise<Reply> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#pending = { resolve, reject };
        timer = setTimeout(() => this.#end("did not reply in time"), timeoutMs);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #take(line: string): void {
    const reply = JSON.parse(line) as Reply & { error?: string };
    const pending = this.#pending;
    this.#pending = undefined;
    if (reply.error === undefined) pending?.resolve(reply);
    else pending?.reject(new BenchError(`${this.name}: ${reply.error}`));
  }

  #end(why: string): void {
    this.#ended = true;
    this.#pending?.reject(new BenchError(`${this.name} ${why}\n${this.#stderr}`));
    this.#pending = undefined;
  }
}

/** Without what was meant for the bench itself: a loader or inspector would slow a contender down. */
function contenderEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return { ...env, ...extra };
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended before.
  }
}
