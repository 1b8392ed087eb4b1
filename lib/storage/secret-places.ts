import { InvalidError } from "../errors.ts";
import { show } from "../options/show.ts";

/** What keeps a secret on AWS: parameters of Systems Manager, or AWS Secrets Manager. */
export type SecretBacking = "ssm" | "secretsmanager";

const BACKINGS: readonly unknown[] = ["ssm", "secretsmanager"] satisfies SecretBacking[];
const ARN = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:([A-Za-z0-9/_+=.@-]{1,512})$/;
/** What Secrets Manager adds to a name. */
const SUFFIX = /-[A-Za-z0-9]{6}$/;

/** @throws InvalidError for what is no backing of a secret */
export function checkSecretBacking(wanted: unknown): void {
  if (wanted === undefined || BACKINGS.includes(wanted)) return;
  throw new InvalidError(
    "WINDLASS_INVALID_SECRET_BACKING",
    `\`backing\` of a secret must be "ssm" or "secretsmanager", got ${show(wanted)}`,
    { hint: 'leave it out for "ssm"' },
  );
}

/** @throws InvalidError for what is no ARN of a secret */
export function checkSecretArn(arn: unknown): void {
  if (typeof arn === "string" && ARN.test(arn)) return;
  throw new InvalidError(
    "WINDLASS_INVALID_SECRET_ARN",
    `Secret.fromArn() takes the ARN of a secret in AWS Secrets Manager, got ${show(arn)}`,
    { hint: "copy it from the console; a name is for Secret.fromName()" },
  );
}

/** True for a secret that its ARN names. */
export function isSecretArn(name: string): boolean {
  return name.startsWith("arn:");
}

/** The name of the secret of this machine that stands for one in Secrets Manager: `db` for `…:secret:prod/db-AbCdEf`. */
export function localName(secret: string): string {
  const [, name] = ARN.exec(secret) ?? [];
  if (name === undefined) return secret;
  const own = name.replace(SUFFIX, "").split("/").at(-1) ?? "";
  return own.replaceAll(/[^A-Za-z0-9._-]/g, "-").slice(0, 64);
}
