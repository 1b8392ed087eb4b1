import { ContainerStartupError } from "../errors.ts";
import { showList } from "../options/show.ts";
import type { FunctionSpec, SecretSpec } from "../spec.ts";
import type { SecretValues } from "./secret-values.ts";

/** Variables of all secrets of a function: a later one wins. @throws ContainerStartupError when one lacks a key */
export function collectSecrets(
  { name, secrets }: Pick<FunctionSpec, "name" | "secrets">,
  values: readonly SecretValues[],
): SecretValues {
  for (const [index, secret] of secrets.entries()) checkKeys(name, secret, values[index] ?? {});
  return Object.assign({}, ...values);
}

function checkKeys(name: string, secret: SecretSpec, values: SecretValues): void {
  const missing = secret.requiredKeys.filter((key) => values[key] === undefined);
  if (missing.length === 0) return;
  const keys = showList(
    missing.map((key) => `"${key}"`),
    "and",
  );
  throw new ContainerStartupError(
    "WINDLASS_SECRET_KEYS_MISSING",
    `secret "${secret.name}" of "${name}" has no ${keys}, which \`requiredKeys\` names`,
    { hint: `set it: \`windlass secret create ${secret.name} --update KEY=value\`` },
  );
}
