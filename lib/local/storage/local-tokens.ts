import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../bundle/files.ts";

/** What is kept of a token: whoever reads it cannot send it. */
export interface TokenRecord {
  readonly id: string;
  /** What its maker calls it. */
  readonly name: string;
  /** SHA-256 in hexadecimal. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Tokens of requests on this machine, in a file that its user alone can read. */
export class LocalTokens {
  readonly #file: string;

  constructor(stateDirectory: string) {
    this.#file = join(stateDirectory, "tokens.json");
  }

  list(): readonly TokenRecord[] {
    if (!existsSync(this.#file)) return [];
    return JSON.parse(readFileSync(this.#file, "utf8")) as TokenRecord[]; // Written here.
  }

  has(hash: string): boolean {
    return this.list().some((token) => token.hash === hash);
  }

  add(token: TokenRecord): void {
    this.#write([...this.list(), token]);
  }

  /** False where there is none with this id. */
  delete(id: string): boolean {
    const all = this.list();
    const rest = all.filter((token) => token.id !== id);
    if (rest.length < all.length) this.#write(rest);
    return rest.length < all.length;
  }

  #write(tokens: readonly TokenRecord[]): void {
    writeAtomically(this.#file, JSON.stringify(tokens, null, 2));
    chmodSync(this.#file, 0o600);
  }
}
