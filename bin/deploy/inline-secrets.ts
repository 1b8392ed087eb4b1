import type { App } from "../../lib/app.ts";
import { inlineSecrets, storedSecret } from "../../lib/storage/app-secrets.ts";
import type { Stores } from "../../lib/storage/stores.ts";

/**
 * Stores the secrets whose values are in code, before the code that needs them goes live. Variables that an earlier
 * deployment had under the same name are gone then.
 */
export async function storeInlineSecrets(
  { secrets }: Pick<Stores, "secrets">,
  app: App,
  deployedAs: string,
): Promise<void> {
  for (const [name, read] of inlineSecrets(app)) {
    const stored = storedSecret(deployedAs, name);
    const values = read();
    await secrets.update(stored, values);
    // Containers that start now have them; only then those that are no more.
    await secrets.remove(stored, Object.keys(values));
  }
}
