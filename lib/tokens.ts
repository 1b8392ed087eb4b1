/** What is kept of a token that requests carry: whoever reads it cannot send it. */
export interface TokenRecord {
  readonly id: string;
  /** What its maker calls it. */
  readonly name: string;
  /** SHA-256 in hexadecimal. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Port to the tokens of this machine or of an environment. */
export interface Tokens {
  list(): Promise<readonly TokenRecord[]>;
  add(token: TokenRecord): Promise<void>;
  /** False where there is none with this id. */
  delete(id: string): Promise<boolean>;
}
