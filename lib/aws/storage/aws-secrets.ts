import {
  DeleteParametersCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { NotFoundError, RequestSizeError } from "../../errors.ts";
import { isInline } from "../../storage/app-secrets.ts";
import { isSecretArn } from "../../storage/secret-places.ts";
import type { SecretValues } from "../../storage/secret-values.ts";
import type { SecretStore } from "../../storage/stores.ts";
import { onAws } from "../aws-error.ts";
import type { AwsObjects } from "./aws-objects.ts";
import type { ManagedSecrets } from "./managed-secrets.ts";
import { managedName, secretPath } from "./object-keys.ts";

/** A parameter holds 4 KB, or 8 KB for $0.05 a month. */
const STANDARD_BYTES = 4096;
const ADVANCED_BYTES = 8192;
const DELETED_AT_ONCE = 10;

/** Secrets as SecureString parameters of SSM, one a variable; those that say so, and ARNs, in Secrets Manager. */
export class AwsSecrets implements SecretStore {
  readonly #ssm: SSMClient;
  readonly #managed: ManagedSecrets;
  readonly #environment: string;
  readonly #objects: AwsObjects;

  constructor(
    clients: { readonly ssm: SSMClient; readonly managed: ManagedSecrets },
    environment: string,
    objects: AwsObjects,
  ) {
    this.#ssm = clients.ssm;
    this.#managed = clients.managed;
    this.#environment = environment;
    this.#objects = objects;
  }

  async update(secret: string, values: SecretValues): Promise<void> {
    const managed = await this.#managedId(secret);
    if (managed !== undefined) return await this.#managed.update(managed, values);
    for (const [key, value] of Object.entries(values)) checkSize(secret, key, value);
    for (const [key, Value] of Object.entries(values)) {
      const Tier = Buffer.byteLength(Value) > STANDARD_BYTES ? "Advanced" : "Standard";
      const Name = `${secretPath(this.#environment, secret)}/${key}`;
      const put = new PutParameterCommand({
        ...{ Name, Value, Tier, Type: "SecureString", Overwrite: true },
      });
      await this.#do(`write "${key}" of`, secret, () => this.#ssm.send(put));
    }
  }

  async remove(secret: string, kept: readonly string[] = []): Promise<void> {
    // Its parameters go even where there is no such secret: who removed it may have died before they were gone.
    const managed = await this.#managedId(secret).catch(() => undefined);
    if (managed !== undefined) return await this.#managed.remove(managed, kept);
    const path = `${secretPath(this.#environment, secret)}/`;
    const stays = new Set(kept.map((key) => `${path}${key}`));
    const names = [...(await this.#parameters(secret)).keys()].filter((name) => !stays.has(name));
    for (let from = 0; from < names.length; from += DELETED_AT_ONCE) {
      const Names = names.slice(from, from + DELETED_AT_ONCE);
      const remove = new DeleteParametersCommand({ Names });
      await this.#do("delete", secret, () => this.#ssm.send(remove));
    }
  }

  async read(secret: string): Promise<SecretValues> {
    if (isSecretArn(secret)) return await this.#managed.read(secret);
    const parameters = [...(await this.#parameters(secret))];
    if (parameters.length === 0 && isInline(secret)) throw notStored(secret);
    // What is not there by its name says so with the names that there are.
    const managed = parameters.length === 0 ? await this.#managedId(secret) : undefined;
    if (managed !== undefined) return await this.#managed.read(managed);
    const path = `${secretPath(this.#environment, secret)}/`;
    return Object.fromEntries(parameters.map(([name, value]) => [name.slice(path.length), value]));
  }

  /** Its name or ARN in Secrets Manager; undefined for one in SSM. @throws NotFoundError */
  async #managedId(secret: string): Promise<string | undefined> {
    if (isSecretArn(secret)) return secret;
    if (isInline(secret)) return undefined;
    const { backing } = await this.#objects.find("secret", secret);
    return backing === "secretsmanager" ? managedName(this.#environment, secret) : undefined;
  }

  async #parameters(secret: string): Promise<Map<string, string>> {
    const found: Map<string, string> = new Map();
    let NextToken: string | undefined;
    do {
      const page = await this.#do("read", secret, () =>
        this.#ssm.send(
          new GetParametersByPathCommand({
            ...{ Path: secretPath(this.#environment, secret), WithDecryption: true, NextToken },
          }),
        ),
      );
      for (const { Name = "", Value = "" } of page.Parameters ?? []) found.set(Name, Value);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  }

  #do<T>(what: string, secret: string, act: () => Promise<T>): Promise<T> {
    return onAws(`${what} secret "${secret}"`, act);
  }
}

function notStored(secret: string): NotFoundError {
  return new NotFoundError(
    "WINDLASS_INLINE_SECRET_MISSING",
    `the values of a secret in the code of the app are not stored on AWS ("${secret}")`,
    {
      hint: "deploy with `windlass deploy`, which stores them; other tools need `Secret.fromName`",
    },
  );
}

function checkSize(secret: string, key: string, value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes <= ADVANCED_BYTES) return;
  throw new RequestSizeError(
    "WINDLASS_SECRET_VALUE_SIZE",
    `the value of "${key}" in secret "${secret}" must take at most ${ADVANCED_BYTES} bytes on AWS, got ${bytes}`,
    { hint: "SSM takes no more: put it into several variables" },
  );
}
