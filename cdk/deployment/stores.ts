/** The current deployment of an app. */
export interface DeploymentRow {
  /** Grows by one with each deployment, rollbacks too. */
  readonly number: number;
  /** SHA-256 of the bundle at `bundles/<app>/<codeHash>.mjs`. */
  readonly codeHash: string;
  readonly specHash: string;
  readonly manifestKey: string;
  /** When it was deployed, in milliseconds since 1970. */
  readonly at: number;
  /** The resource that deployed it: no other may remove it. */
  readonly owner: string;
  readonly shards: string;
}

/** Deployment rows, with writes that fail when another deployment came between. */
export interface DeploymentRows {
  /** The current row, read consistently. */
  current(app: string): Promise<DeploymentRow | undefined>;
  /** Replaces the row with this number, or the absence of one, and adds to the history; false if it has changed. */
  replace(app: string, row: DeploymentRow, previous: number | undefined): Promise<boolean>;
  /** Removes the row with this number, then the history; false if it has changed. */
  remove(app: string, number: number): Promise<boolean>;
}

/** Objects of the environment's bucket, and bundles as the CDK uploaded them. */
export interface DeploymentObjects {
  readStaged(bucket: string, key: string): Promise<Uint8Array>;
  write(key: string, body: Uint8Array | string, contentType: string): Promise<void>;
  removeAll(prefix: string): Promise<void>;
}
