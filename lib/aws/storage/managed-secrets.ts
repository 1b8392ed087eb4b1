import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { InvalidError, NotFoundError } from "../../errors.ts";
import { isSecretArn } from "../../storage/secret-places.ts";
import { checkSecretValues, type SecretValues } from "../../storage/secret-values.ts";
import { onAws } from "../aws-error.ts";

/** Secrets Manager takes so many bytes [PutSecretValue, SecretString]. */
const MAX_BYTES = 65_536;

/** Secrets in AWS Secrets Manager: one a secret, its variables as an object of JSON. */
export class ManagedSecrets {
  readonly #client: () => Promise<SecretsManagerClient>;

  /** `client` loads that part of the SDK: most programs need it never. */
  constructor(client: () => Promise<SecretsManagerClient>) {
    this.#client = client;
  }

  /** By name or ARN. @throws NotFoundError; InvalidError where it holds no variables */
  async read(id: string): Promise<SecretValues> {
    const values = await this.#read(id);
    if (values === undefined) throw notThere(id);
    return values;
  }

  /** Sets some variables; the others stay. One with a name is made where there is none. @throws NotFoundError for an ARN */
  async update(id: string, values: SecretValues): Promise<void> {
    const before = await this.#read(id);
    await this.#write(id, { ...before, ...values }, before === undefined);
  }

  /** Keeps these variables and no others; without any, the secret is removed for good. */
  async remove(id: string, kept: readonly string[]): Promise<void> {
    const before = await this.#read(id);
    if (before === undefined) return;
    const left = Object.entries(before).filter(([key]) => kept.includes(key));
    if (left.length > 0) await this.#write(id, Object.fromEntries(left), false);
    else await this.#delete(id);
  }

  async #delete(SecretId: string): Promise<void> {
    const { DeleteSecretCommand } = await import("@aws-sdk/client-secrets-manager");
    const client = await this.#client();
    // Without it nobody could use the name for a month.
    const remove = new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true });
    await onAws(`delete secret "${SecretId}"`, () => client.send(remove));
  }

  async #read(SecretId: string): Promise<SecretValues | undefined> {
    const { GetSecretValueCommand, ResourceNotFoundException } = await import(
      "@aws-sdk/client-secrets-manager"
    );
    const client = await this.#client();
    return await onAws(`read secret "${SecretId}"`, async () => {
      try {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
        return toValues(SecretId, SecretString);
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    });
  }

  async #write(id: string, values: SecretValues, isNew: boolean): Promise<void> {
    const { CreateSecretCommand, PutSecretValueCommand } = await import(
      "@aws-sdk/client-secrets-manager"
    );
    const SecretString = JSON.stringify(values);
    const bytes = Buffer.byteLength(SecretString);
    if (bytes > MAX_BYTES) throw tooLarge(id, bytes);
    if (isNew && isSecretArn(id)) throw notThere(id);
    const client = await this.#client();
    await onAws(`write secret "${id}"`, async () => {
      if (isNew) await client.send(new CreateSecretCommand({ Name: id, SecretString }));
      else await client.send(new PutSecretValueCommand({ SecretId: id, SecretString }));
    });
  }
}

/** @throws InvalidError, which never tells a value */
function toValues(id: string, text: string | undefined): SecretValues {
  try {
    return checkSecretValues(JSON.parse(text ?? ""), `secret "${id}"`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  // The cause would quote the text.
  throw new InvalidError(
    "WINDLASS_SECRET_WITHOUT_VARIABLES",
    `secret "${id}" must hold an object of JSON with the values of variables, and holds other text`,
    { hint: 'store it as `{ "API_KEY": "…" }`, what the console calls key and value' },
  );
}

function notThere(id: string): NotFoundError {
  return new NotFoundError(
    "WINDLASS_MANAGED_SECRET_NOT_FOUND",
    `AWS Secrets Manager has no secret "${id}"`,
    { hint: "look at the ARN, and whether the region is that of these credentials" },
  );
}

function tooLarge(id: string, bytes: number): InvalidError {
  return new InvalidError(
    "WINDLASS_SECRET_SIZE",
    `all values of secret "${id}" must take at most ${MAX_BYTES} bytes in Secrets Manager, got ${bytes}`,
    { hint: "put them into several secrets" },
  );
}
