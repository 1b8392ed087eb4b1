import type { Construct } from "constructs";
import { InvalidError } from "../../lib/errors.ts";
import type { AppSpec } from "../../lib/spec.ts";
import { isInline } from "../../lib/storage/app-secrets.ts";
import { STORES_SECRETS } from "../names.ts";

/**
 * Values of secrets may stand in no template, and a template is all that other tools than `windlass deploy` deploy.
 * @throws InvalidError for an app with values in its code that nobody stores: its containers could not start
 */
export function checkSecrets(scope: Construct, { name, functions }: AppSpec): void {
  if (scope.node.tryGetContext(STORES_SECRETS) !== undefined) return;
  const found = functions.find(({ secrets }) => secrets.some((secret) => isInline(secret.name)));
  if (found === undefined) return;
  throw new InvalidError(
    "WINDLASS_SECRETS_IN_CODE",
    `"${found.name}" of app "${name}" has a secret whose values are in its code, which a template cannot carry`,
    {
      hint: "deploy with `windlass deploy`, which stores them; or make it with `windlass secret create` and name it with Secret.fromName()",
    },
  );
}
