import type { TokenRecord, Tokens } from "../tokens.ts";
import type { Rows } from "./rows.ts";

/** Partition key of the tokens of an environment; each has its hash as its sort key. */
export const TOKENS = "#tokens";

/** Whether requests may carry the token with this hash. */
export async function hasToken(rows: Rows, hash: string): Promise<boolean> {
  return (await rows.get<TokenRecord>({ pk: TOKENS, sk: hash })) !== undefined;
}

/** Tokens of an environment. */
export class AwsTokens implements Tokens {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  async list(): Promise<readonly TokenRecord[]> {
    const found = await this.#rows.list<TokenRecord>(TOKENS);
    return found.map(({ body }) => body).sort((one, other) => one.createdAt - other.createdAt);
  }

  async add(token: TokenRecord): Promise<void> {
    await this.#rows.put({ pk: TOKENS, sk: token.hash }, token, 0);
  }

  async delete(id: string): Promise<boolean> {
    const token = (await this.list()).find((one) => one.id === id);
    if (token !== undefined) await this.#rows.delete({ pk: TOKENS, sk: token.hash });
    return token !== undefined;
  }
}
