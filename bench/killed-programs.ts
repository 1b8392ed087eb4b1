import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Taken } from "./queue-losses.ts";

const READY = "ready";

/** A program that says that it is ready, then a number a line, until it is killed. */
export class KilledProgram {
  readonly #child: ChildProcess;
  readonly #items: number[] = [];
  readonly #ended: Promise<unknown>;
  #rest = "";
  #isKilled = false;
  #isReady = false;

  constructor(args: readonly string[], cwd: string) {
    const { NODE_OPTIONS: _, ...env } = process.env;
    this.#child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
    this.#ended = once(this.#child, "close");
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#read(text));
  }

  /** What it has said, in its order. */
  get items(): readonly number[] {
    return this.#items;
  }

  /** It has begun: to kill it before shows nothing. */
  get isReady(): boolean {
    return this.#isReady;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends it at once, as a machine that is gone does. */
  async kill(): Promise<void> {
    this.#isKilled = this.isRunning;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  taken(): Taken {
    return { items: this.#items, isKilled: this.#isKilled };
  }

  #read(text: string): void {
    const lines = `${this.#rest}${text}`.split("\n");
    // A last line that was cut off is none.
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === READY) this.#isReady = true;
      else this.#items.push(Number(line));
    }
  }
}
