import type { App } from "../app.ts";
import type { Definition } from "../definition.ts";
import type { SecretSpec } from "../spec.ts";
import type { Secret } from "./secret.ts";
import type { SecretValues } from "./secret-values.ts";

/** Names of secrets whose values are in code begin like this; no given name does. */
const INLINE = "~inline.";

/** Reads the values of a secret in code, where the app is started or deployed. */
export type InlineSecrets = ReadonlyMap<string, () => SecretValues>;

/**
 * The secrets of an app that have no name get one: by their number in the order of the functions. A hash of their values
 * would let everyone who reads the AppSpec try which values have it.
 */
export function inlineSecrets(app: App): InlineSecrets {
  const entries = [...numberInline(app)].map(
    ([secret, name]) => [name, secret.inlineValues] as const,
  );
  return new Map(entries.flatMap(([name, read]) => (read === undefined ? [] : [[name, read]])));
}

/** The name under which a deployed app's secret is stored: that of one in code is its own app's. */
export function storedSecret(app: string, name: string): string {
  return isInline(name) ? `${INLINE}${app}/${name.slice(INLINE.length)}` : name;
}

/** True for a secret whose values are in code. */
export function isInline(name: string): boolean {
  return name.startsWith(INLINE);
}

/** The secrets of a function in the order in which they are applied: those of the App first. */
export function toSecretSpecs(definition: Definition, app: App): SecretSpec[] {
  const { secrets = [] } = definition.options;
  if (secrets.length === 0) return [];
  const names = numberInline(app);
  return secrets.map((secret) => ({
    name: names.get(secret) ?? secret.name,
    requiredKeys: [...secret.requiredKeys],
  }));
}

function numberInline(app: App): Map<Secret, string> {
  const names: Map<Secret, string> = new Map();
  const definitions = [...app.definitions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { options } of definitions) {
    for (const secret of options.secrets ?? []) {
      if (secret.inlineValues === undefined || names.has(secret)) continue;
      names.set(secret, `${INLINE}${names.size}`);
    }
  }
  return names;
}
