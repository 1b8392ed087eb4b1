import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createObjectId } from "../../ids.ts";
import { objectMissing } from "../../storage/mistakes.ts";
import { localName } from "../../storage/secret-places.ts";
import type { SecretValues } from "../../storage/secret-values.ts";
import type { SecretStore } from "../../storage/stores.ts";

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** Secrets of this machine: a file each, which only its owner can read. */
export class LocalSecrets implements SecretStore {
  readonly #folder: string;
  readonly #require: (name: string) => unknown;

  /** `require` throws NotFoundError for a secret that does not exist. */
  constructor(stateDirectory: string, require: (name: string) => unknown) {
    this.#folder = secretsFolder(stateDirectory);
    this.#require = require;
  }

  async update(secret: string, values: SecretValues): Promise<void> {
    this.#require(secret);
    mkdirSync(this.#folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    chmodSync(this.#folder, OWNER_ONLY_FOLDER);
    const file = fileOf(this.#folder, secret);
    this.#write(file, { ...readValues(file), ...values });
  }

  async remove(secret: string, kept: readonly string[] = []): Promise<void> {
    const file = fileOf(this.#folder, secret);
    const values = Object.entries(readValues(file) ?? {}).filter(([key]) => kept.includes(key));
    if (values.length > 0) this.#write(file, Object.fromEntries(values));
    else rmSync(file, { force: true });
  }

  async read(secret: string): Promise<SecretValues> {
    this.#require(secret);
    return readValues(fileOf(this.#folder, secret)) ?? {};
  }

  #write(file: string, values: SecretValues): void {
    const temporary = `${file}.${createObjectId()}`;
    writeFileSync(temporary, JSON.stringify(values), { mode: OWNER_ONLY_FILE });
    renameSync(temporary, file);
  }
}

/** Reads a secret without the store, at once: a container is about to start. @throws NotFoundError */
export function readLocalSecret(stateDirectory: string, secret: string): SecretValues {
  const name = localName(secret);
  const values = readValues(fileOf(secretsFolder(stateDirectory), name));
  if (values === undefined) throw objectMissing("secret", name, undefined);
  return values;
}

function secretsFolder(stateDirectory: string): string {
  return join(stateDirectory, "secrets");
}

function fileOf(folder: string, secret: string): string {
  return join(folder, `${secret}.json`);
}

function readValues(file: string): SecretValues | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as SecretValues; // Written by update().
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
