import { closeSync, openSync, readSync } from "node:fs";
import {
  isWanted,
  type LogFilter,
  type LogLine,
  type LogSource,
  type LogSpan,
} from "../../logs/log-line.ts";
import { type LogFileInfo, listLogFiles, logFolder } from "./log-files.ts";

/** How often files are looked at for more. */
const LOOK_MS = 100;
const PIECE_BYTES = 1024 * 1024;

export interface LocalLogsOptions {
  readonly stateDirectory: string;
  /** @default - all apps of the project */
  readonly app?: string | undefined;
  readonly filter: LogFilter;
  /** Waits; false when the signal came first. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<boolean>;
}

/** What engines of a project have kept of their containers' lines. */
export class LocalLogs implements LogSource {
  readonly #options: LocalLogsOptions;
  readonly #folder: string;

  constructor(options: LocalLogsOptions) {
    this.#options = options;
    this.#folder = logFolder(options.stateDirectory);
  }

  async *read({ from, to }: LogSpan): AsyncGenerator<LogLine> {
    const files = listLogFiles(this.#folder).filter((file) => file.to >= from && file.from < to);
    // Engines that run beside each other have files whose times overlap.
    for (const together of overlapping(files)) {
      const lines = together.flatMap((file) => new FileTail(file.path).more());
      const wanted = lines.filter((line) => line.at >= from && line.at < to && this.#takes(line));
      yield* together.length === 1 ? wanted : wanted.sort((a, b) => a.at - b.at);
    }
  }

  async tail(
    count: number,
    { from = 0, to }: { readonly from?: number | undefined; readonly to: number },
  ): Promise<readonly LogLine[]> {
    const files = listLogFiles(this.#folder).filter((file) => file.to >= from && file.from < to);
    let last: LogLine[] = [];
    for (const together of overlapping(files).reverse()) {
      const lines = together.flatMap((file) => new FileTail(file.path).more());
      const wanted = lines.filter((line) => line.at >= from && line.at < to && this.#takes(line));
      last = [...wanted.sort((a, b) => a.at - b.at), ...last];
      if (last.length >= count) break;
    }
    return last.slice(-count);
  }

  async *follow(from: number, signal?: AbortSignal): AsyncGenerator<LogLine> {
    const tails = new Map<string, FileTail>();
    do {
      for (const file of listLogFiles(this.#folder)) {
        const known = tails.get(file.path);
        if (known === undefined && file.to < from) continue;
        const tail = known ?? new FileTail(file.path);
        tails.set(file.path, tail);
        if (file.bytes <= tail.offset) continue;
        yield* tail.more().filter((line) => line.at >= from && this.#takes(line));
      }
    } while (await this.#options.pause(LOOK_MS, signal));
  }

  #takes(line: LogLine): boolean {
    const { app, filter } = this.#options;
    return (app === undefined || line.app === app) && isWanted(line, filter);
  }
}

/** Files in order, those together whose times overlap. */
function overlapping(files: readonly LogFileInfo[]): LogFileInfo[][] {
  const groups: LogFileInfo[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const file of files) {
    if (file.from <= end) groups.at(-1)?.push(file);
    else groups.push([file]);
    end = Math.max(end, file.to);
  }
  return groups;
}

/** Reads what is added to a file. */
class FileTail {
  readonly #path: string;
  /** The beginning of a line whose end is not written yet. */
  #rest: Buffer = Buffer.alloc(0);
  offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  more(): LogLine[] {
    const added = this.#read();
    const text = Buffer.concat([this.#rest, added]);
    const end = text.lastIndexOf(0x0a) + 1;
    this.#rest = text.subarray(end);
    return text
      .subarray(0, end)
      .toString()
      .split("\n")
      .flatMap((line) => (line === "" ? [] : (parse(line) ?? [])));
  }

  #read(): Buffer {
    const pieces: Buffer[] = [];
    let file: number;
    try {
      file = openSync(this.#path, "r");
    } catch {
      return Buffer.alloc(0); // It was the oldest, and has made room.
    }
    try {
      for (;;) {
        const piece = Buffer.allocUnsafe(PIECE_BYTES);
        const length = readSync(file, piece, 0, PIECE_BYTES, this.offset);
        if (length === 0) return Buffer.concat(pieces);
        this.offset += length;
        pieces.push(piece.subarray(0, length));
      }
    } finally {
      closeSync(file);
    }
  }
}

/** A process that was killed may have left half a line. */
function parse(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine; // By LogWriter.
  } catch {
    return undefined;
  }
}
