import { StringDecoder } from "node:string_decoder";

/** A line without an end is passed on in pieces of this size. */
const MAX_LINE = 64 * 1024;
const TAIL_LINES = 20;

/** Cuts a stream of bytes into lines and remembers the last of them. */
export class LogLines {
  readonly tail: string[] = [];
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.write(Buffer.from(chunk))).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#emit(line);
    if (this.#rest.length > MAX_LINE) this.end();
  }

  /** Passes on what is left of an unfinished line. */
  end(): void {
    if (this.#rest !== "") this.#emit(this.#rest);
    this.#rest = "";
  }

  #emit(line: string): void {
    this.tail.push(line);
    if (this.tail.length > TAIL_LINES) this.tail.shift();
    this.#onLine(line);
  }
}
