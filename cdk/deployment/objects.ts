/** Objects of the environment's bucket, and what the CDK uploaded for an app. */
export interface DeploymentObjects {
  readStaged(bucket: string, key: string): Promise<Uint8Array>;
  /** Text of an object of the environment. */
  read(key: string): Promise<string>;
  write(key: string, body: Uint8Array | string, contentType: string): Promise<void>;
  removeAll(prefix: string): Promise<void>;
}
