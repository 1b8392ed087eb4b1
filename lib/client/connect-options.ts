import { type ErrorClasses, knowErrors } from "../error-classes.ts";
import { checkErrors } from "../options/errors.ts";
import { show } from "../options/show.ts";
import { throwViolations } from "../options/violation.ts";

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

/** Where a deployed app is, and what of it this program has. */
export interface DeployedOptions extends ConnectOptions {
  /** Error classes that arrive as instances, by the names that they travel under: `{ QuotaError }`. @default - none */
  readonly errors?: ErrorClasses | undefined;
}

/** @throws InvalidError for what is no class of errors */
export function knowErrorsOf(app: string, { errors }: DeployedOptions, below: unknown): void {
  if (errors === undefined) return;
  const subject = `client of app ${show(app)}`;
  throwViolations(subject, checkErrors(errors, `\`errors\` of the ${subject}`), below);
  knowErrors(app, errors);
}

/** True where they say where the app is, so that it is not what this process or its container runs. */
export function saysWhere({ environment, region, credentials }: ConnectOptions): boolean {
  return [environment, region, credentials].some((option) => option !== undefined);
}
