/** Where a deployed app is. */
export interface ConnectOptions {
  /** Its environment. @default - WINDLASS_ENVIRONMENT, else "default" */
  readonly environment?: string | undefined;
  /** @default - AWS_REGION, or the profile's */
  readonly region?: string | undefined;
  /** @default - as the AWS SDK finds them: environment, profile, SSO, role */
  readonly credentials?:
    | {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string;
      }
    | undefined;
}

/** True where they say where the app is, so that it is not what this process or its container runs. */
export function saysWhere({ environment, region, credentials }: ConnectOptions): boolean {
  return [environment, region, credentials].some((option) => option !== undefined);
}
