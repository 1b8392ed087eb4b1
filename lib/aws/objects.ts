/** Port to the environment's bucket, for texts that are too large for a row or a message. */
export interface Objects {
  put(key: string, text: string): Promise<void>;
  /** @throws NotFoundError */
  get(key: string): Promise<string>;
}
