import { InvalidError } from "../lib/errors.ts";
import { show } from "../lib/options/show.ts";
import { sha256 } from "../lib/sha256.ts";

/** Returns the name. @throws InvalidError when an environment cannot have it */
export function checkEnvironmentName(name: string): string {
  if (/^[A-Za-z0-9-]{1,32}$/.test(name)) return name;
  throw new InvalidError(
    "WINDLASS_INVALID_ENVIRONMENT_NAME",
    `the name of an environment must be 1 to 32 letters, digits or -, got ${show(name)}`,
    { hint: 'choose another, for instance "staging"' },
  );
}

/**
 * The id of an app's stack: one app may be in several environments. CloudFormation takes letters, digits and `-`; a
 * name with others gets a hash, so that "a.b" and "a_b" stay two stacks.
 */
export function appStackId(app: string, environment: string): string {
  const prefix = `Windlass-${environment}-`;
  if (/^[A-Za-z0-9-]+$/.test(app)) return `${prefix}${app}`;
  return `${prefix}${app.replaceAll(/[^A-Za-z0-9-]/g, "-")}-${shortHash(app, 6)}`;
}

/** The path of the names of all roles of an environment's apps: the controller may pass these and no others. */
export function appRolePath(environment: string): string {
  return `/windlass/${environment}/`;
}

/** The first digits of the hash of a text, in hexadecimal. */
export function shortHash(text: string, digits: number): string {
  return sha256(text).slice(0, digits);
}

/** Context of the CDK that says that whoever deploys has stored the secrets whose values are in code. */
export const STORES_SECRETS = "windlass:stores-secrets";

/** Context that says that Docker of whoever deploys keeps layers compressed by zstd. */
export const ZSTD_LAYERS = "windlass:zstd-layers";

/** The context that names files with the secrets of builds. */
export const BUILD_SECRETS = "windlass:build-secrets";
