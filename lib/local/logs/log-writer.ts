import { appendFileSync, createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { LogLine } from "../../logs/log-line.ts";
import { dropOldLogs, LOG_FILE_BYTES, logFileName, logFolder } from "./log-files.ts";

/** Lines go to the file together, this long after the first. */
const WRITE_AFTER_MS = 20;
/** Or once there are so many characters of them. */
const WRITE_CHARS = 256 * 1024;
/** What waits for a disk that is slower than the app; what comes then is left out. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** Where an engine keeps what its containers write. */
export interface LogKeeper {
  write(line: LogLine): void;
  /** Resolves when all is in the file. */
  close(): Promise<void>;
  /** The same at once, for a process that ends. */
  closeNow(): void;
}

/**
 * The log of one engine in the state directory: files of JSON lines, each of 10 MiB at most, of which the newest 50 MiB
 * of a project are kept. Nothing waits for it.
 */
export class LogWriter implements LogKeeper {
  readonly #folder: string;
  readonly #now: () => number;
  #stream: WriteStream | undefined;
  #file = "";
  #written = 0;
  #waiting: string[] = [];
  #chars = 0;
  #leftOut = 0;
  #lastLeftOut: LogLine | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(stateDirectory: string, now: () => number) {
    this.#folder = logFolder(stateDirectory);
    this.#now = now;
  }

  write(line: LogLine): void {
    if ((this.#stream?.writableLength ?? 0) > MAX_WAITING_BYTES) {
      this.#leftOut += 1;
      this.#lastLeftOut = line;
      return;
    }
    this.#tellLeftOut();
    const text = `${JSON.stringify(line)}\n`;
    this.#waiting.push(text);
    this.#chars += text.length;
    if (this.#chars > WRITE_CHARS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), WRITE_AFTER_MS).unref();
  }

  async close(): Promise<void> {
    this.#tellLeftOut();
    this.#flush();
    await end(this.#stream);
    this.#stream = undefined;
  }

  closeNow(): void {
    clearTimeout(this.#timer);
    const text = this.#waiting.join("");
    this.#waiting = [];
    if (text === "") return;
    this.#open();
    try {
      appendFileSync(this.#file, text);
    } catch {
      // As below.
    }
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#chars = 0;
    if (text === "") return;
    const stream = this.#open();
    stream.write(text);
    this.#written += Buffer.byteLength(text);
    if (this.#written < LOG_FILE_BYTES) return;
    this.#stream = undefined;
    void end(stream);
  }

  #open(): WriteStream {
    if (this.#stream !== undefined) return this.#stream;
    mkdirSync(this.#folder, { recursive: true });
    dropOldLogs(this.#folder);
    this.#file = join(this.#folder, logFileName(this.#now()));
    this.#written = 0;
    this.#stream = createWriteStream(this.#file, { flags: "a" });
    // A full disk must not end the app: its lines are in the terminal.
    this.#stream.on("error", () => {});
    return this.#stream;
  }

  #tellLeftOut(): void {
    if (this.#lastLeftOut === undefined) return;
    const { at, app } = this.#lastLeftOut;
    const text = `${this.#leftOut} lines are left out: they came faster than the disk takes them`;
    this.#leftOut = 0;
    this.#lastLeftOut = undefined;
    const nobody = { function: null, container: null, call: null };
    this.#waiting.push(`${JSON.stringify({ at, app, ...nobody, stream: "system", text })}\n`);
  }
}

async function end(stream: WriteStream | undefined): Promise<void> {
  if (stream === undefined || stream.closed || stream.destroyed) return;
  await new Promise<void>((resolve) => {
    stream.once("close", resolve);
    stream.end();
  });
}
