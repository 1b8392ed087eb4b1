import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TokenRecord, Tokens } from "../../tokens.ts";
import { writeAtomically } from "../bundle/files.ts";

/** Tokens of requests on this machine, in a file that its user alone can read. */
export class LocalTokens implements Tokens {
  readonly #file: string;

  constructor(stateDirectory: string) {
    this.#file = join(stateDirectory, "tokens.json");
  }

  async list(): Promise<readonly TokenRecord[]> {
    return this.#read();
  }

  has(hash: string): boolean {
    return this.#read().some((token) => token.hash === hash);
  }

  async add(token: TokenRecord): Promise<void> {
    this.#write([...this.#read(), token]);
  }

  async delete(id: string): Promise<boolean> {
    const all = this.#read();
    const rest = all.filter((token) => token.id !== id);
    if (rest.length < all.length) this.#write(rest);
    return rest.length < all.length;
  }

  #read(): readonly TokenRecord[] {
    if (!existsSync(this.#file)) return [];
    return JSON.parse(readFileSync(this.#file, "utf8")) as TokenRecord[]; // Written here.
  }

  #write(tokens: readonly TokenRecord[]): void {
    writeAtomically(this.#file, JSON.stringify(tokens, null, 2));
    chmodSync(this.#file, 0o600);
  }
}
