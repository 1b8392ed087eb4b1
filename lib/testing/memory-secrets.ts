import { objectMissing } from "../storage/mistakes.ts";
import type { SecretValues } from "../storage/secret-values.ts";
import type { SecretStore } from "../storage/stores.ts";

/** Values of a test's secrets. */
export class MemorySecrets implements SecretStore {
  readonly #values: Map<string, SecretValues> = new Map();
  readonly #require: (name: string) => unknown;

  /** `require` throws NotFoundError for a secret that does not exist. */
  constructor(require: (name: string) => unknown) {
    this.#require = require;
  }

  async update(secret: string, values: SecretValues): Promise<void> {
    this.#require(secret);
    this.#values.set(secret, { ...this.#values.get(secret), ...values });
  }

  async remove(secret: string, kept: readonly string[] = []): Promise<void> {
    const values = Object.entries(this.#values.get(secret) ?? {});
    const left = values.filter(([key]) => kept.includes(key));
    if (left.length > 0) this.#values.set(secret, Object.fromEntries(left));
    else this.#values.delete(secret);
  }

  async read(secret: string): Promise<SecretValues> {
    this.#require(secret);
    return this.#values.get(secret) ?? {};
  }

  /** For a container that is about to start. @throws NotFoundError */
  readNow(secret: string): SecretValues {
    const values = this.#values.get(secret);
    if (values === undefined) throw objectMissing("secret", secret, undefined);
    return values;
  }
}
