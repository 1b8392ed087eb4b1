import { readFileSync } from "node:fs";
import { callSite } from "../call-site.ts";
import type { ConnectOptions } from "../client/connect-options.ts";
import { InvalidError, NotFoundError } from "../errors.ts";
import { show, showList } from "../options/show.ts";
import { storesFor } from "./choose-stores.ts";
import { parseDotenv } from "./dotenv.ts";
import type { CreateObjectOptions, DeleteObjectOptions } from "./manage-objects.ts";
import { createObject, manageObjects } from "./manage-objects.ts";
import { byId, byName, NamedObject, type NamedObjectInfo } from "./named-object.ts";
import { checkObjectName } from "./names.ts";
import { registerObject } from "./object-registry.ts";
import {
  checkSecretArn,
  checkSecretBacking,
  isSecretArn,
  type SecretBacking,
} from "./secret-places.ts";
import { checkSecretValues, type SecretValues, toSecretValues } from "./secret-values.ts";
import { StoredObject } from "./stored-object.ts";

export interface SecretFromNameOptions extends ConnectOptions {
  /** Variables that it must have, or containers do not start. @default - none */
  readonly requiredKeys?: readonly string[] | undefined;
  /** What keeps it on AWS, to be sure of it. @default - the one that it has */
  readonly backing?: SecretBacking | undefined;
}

export interface CreateSecretOptions extends CreateObjectOptions {
  /** What keeps it on AWS. @default "ssm" */
  readonly backing?: SecretBacking | undefined;
}

/** What {@link Secret.objects} does; values are never read back. */
export interface SecretManager {
  /** @throws AlreadyExistsError; InvalidError for names and values that no variable can have */
  create(name: string, values: SecretValues, options?: CreateSecretOptions): Promise<void>;
  /** All secrets, sorted by name. */
  list(options?: ConnectOptions): Promise<readonly NamedObjectInfo[]>;
  /** @throws NotFoundError */
  delete(name: string, options?: DeleteObjectOptions): Promise<void>;
}

/**
 * Environment variables that are not for everyone to read. Name a secret in `secrets` of an app, a function or a class:
 * its containers have the variables.
 *
 * @example
 * const openai = Secret.fromName("openai", { requiredKeys: ["OPENAI_API_KEY"] });
 * export const ask = app.function("ask", { secrets: [openai] }, async (question: string) => { … });
 */
export class Secret extends StoredObject {
  readonly #requiredKeys: readonly string[];
  /** Values that were given in code, which no name stands for. */
  readonly #values: (() => SecretValues) | undefined;
  readonly #connect: ConnectOptions;

  private constructor(
    object: NamedObject,
    given: {
      readonly requiredKeys?: readonly string[] | undefined;
      readonly values?: () => SecretValues;
      readonly connect?: ConnectOptions;
    },
  ) {
    super(object);
    this.#requiredKeys = given.requiredKeys ?? [];
    this.#values = given.values;
    this.#connect = given.connect ?? {};
  }

  /** Makes, lists and removes secrets. */
  static readonly objects: SecretManager = {
    create: createSecret,
    list: (options) => manageObjects("secret").list(options),
    delete: deleteSecret,
  };

  /** The secret of this name, made with `windlass secret create`, or of this ARN. @throws InvalidError for what is neither */
  static fromName(name: string, options: SecretFromNameOptions = {}): Secret {
    const { requiredKeys, backing, ...connect } = options;
    if (isSecretArn(name)) return Secret.fromArn(name, { ...connect, requiredKeys });
    checkSecretBacking(backing);
    const object = byName("secret", name, { ...connect, backing });
    registerObject({ kind: "secret", name, file: callSite(Secret.fromName) });
    return new Secret(object, { requiredKeys, connect });
  }

  /**
   * A secret of AWS Secrets Manager that others made: an object of JSON with the values of variables. Containers on this
   * machine have those of the local secret whose name the ARN ends in.
   * @throws InvalidError for what is no ARN of a secret
   */
  static fromArn(arn: string, options: Omit<SecretFromNameOptions, "backing"> = {}): Secret {
    const { requiredKeys, ...connect } = options;
    checkSecretArn(arn);
    const object = new NamedObject({ kind: "secret", name: arn, createIfMissing: false, connect });
    return new Secret(object, { requiredKeys, connect });
  }

  /** The secret with the id that `info()` told. @throws InvalidError */
  static fromId(id: string, options: ConnectOptions = {}): Secret {
    return new Secret(byId("secret", id, options), { connect: options });
  }

  /**
   * A secret of these values, without a name. What is null or undefined is left out.
   * @throws InvalidError for names and values that no variable can have
   */
  static fromDict(values: Readonly<Record<string, string | null | undefined>>): Secret {
    const checked = toSecretValues(values, "Secret.fromDict()");
    return Secret.#inline(() => checked);
  }

  /**
   * A secret of the variables in a file, read where the app is started or deployed; a container reads nothing.
   * @param path - of the file
   */
  static fromDotenv(path = ".env"): Secret {
    const read = (): SecretValues => {
      const values = parseDotenv(readText(path));
      return checkSecretValues(values, `"${path}"`);
    };
    return Secret.#inline(read);
  }

  /** A secret of variables of the process that starts or deploys the app. @throws InvalidError for one that is not set */
  static fromLocalEnvironment(keys: readonly string[]): Secret {
    return Secret.#inline(() => {
      const missing = keys.filter((key) => process.env[key] === undefined);
      if (missing.length > 0) throw notSet(missing);
      const entries = keys.map((key) => [key, process.env[key] ?? ""] as const);
      return checkSecretValues(Object.fromEntries(entries), "Secret.fromLocalEnvironment()");
    });
  }

  static #inline(values: () => SecretValues): Secret {
    // The app that has it names it.
    return new Secret(byName("secret", "inline", {}), { values });
  }

  /** Variables that it must have. */
  get requiredKeys(): readonly string[] {
    return this.#requiredKeys;
  }

  /** Values that were given in code; undefined for a secret with a name. @internal */
  get inlineValues(): (() => SecretValues) | undefined {
    return this.#values;
  }

  /**
   * Sets some of its variables; the others stay. Containers that run keep what they have.
   * @throws NotFoundError; InvalidError for names and values that no variable can have
   */
  async update(values: SecretValues): Promise<void> {
    const checked = checkSecretValues(values, `secret ${show(this.name)}`);
    await storesFor(this.#connect).secrets.update(this.name, checked);
  }
}

async function createSecret(
  name: string,
  values: SecretValues,
  options: CreateSecretOptions = {},
): Promise<void> {
  const { allowExisting: _, backing, ...connect } = options;
  checkSecretBacking(backing);
  checkObjectName("secret", name);
  const checked = checkSecretValues(values, `secret ${show(name)}`);
  await createObject("secret", name, options);
  await storesFor(connect).secrets.update(name, checked);
}

async function deleteSecret(name: string, options: DeleteObjectOptions = {}): Promise<void> {
  const { allowMissing: _, ...connect } = options;
  checkObjectName("secret", name);
  // First its values: where they are, it says itself.
  await storesFor(connect).secrets.remove(name);
  await manageObjects("secret").delete(name, options);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new NotFoundError("WINDLASS_DOTENV_MISSING", `there is no file ${show(path)} to read`, {
      cause,
      hint: "paths are from the folder where the command runs",
    });
  }
}

function notSet(missing: readonly string[]): InvalidError {
  const names = showList(
    missing.map((key) => `"${key}"`),
    "and",
  );
  return new InvalidError("WINDLASS_VARIABLE_NOT_SET", `this process has no variable ${names}`, {
    hint: "set it, or leave it out of Secret.fromLocalEnvironment([…])",
  });
}
