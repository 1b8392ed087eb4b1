import { sha256 } from "../sha256.ts";
import type { Secret } from "../storage/secret.ts";
import type { SecretValues } from "../storage/secret-values.ts";

/** A secret whose variables a step has while it runs. */
export interface BuildSecret {
  /** By which instructions name it. */
  readonly id: string;
  /** Of the secret; undefined for one whose values are in code. */
  readonly name: string | undefined;
  /** Values that are in code. */
  readonly read?: (() => SecretValues) | undefined;
}

const PLAIN = /^[A-Za-z0-9._-]{1,64}$/;

/** Those in code are numbered within the image: a hash of their values would tell who guesses them. */
export function toBuildSecrets(secrets: readonly Secret[] = [], firstInline = 0): BuildSecret[] {
  let inline = firstInline;
  return secrets.map((secret) => {
    if (secret.inlineValues !== undefined) {
      return { id: `inline-${inline++}`, name: undefined, read: secret.inlineValues };
    }
    const { name } = secret;
    return { id: PLAIN.test(name) ? name : sha256(name).slice(0, 12), name };
  });
}

/** Where a step finds the variables, as commands of a shell. */
export function secretFile({ id }: BuildSecret): string {
  return `/run/secrets/${id}`;
}

/** Of an instruction that may read it. Containers of the build may run as any user. */
export function secretMount(secret: BuildSecret): string {
  return `--mount=type=secret,id=${secret.id},target=${secretFile(secret)},required=true,mode=0444`;
}
