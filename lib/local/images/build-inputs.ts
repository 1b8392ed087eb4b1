import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { ExecutionError } from "../../errors.ts";
import { CODE_PART_BYTES, CODE_PARTS, codeSecret } from "../../image/build-functions.ts";
import { sourcesOf } from "../../image/image-spec.ts";
import { quote } from "../../image/quote.ts";
import type { ImageSecretSpec, ImageSpec } from "../../spec.ts";
import type { SecretValues } from "../../storage/secret-values.ts";

const OWNER_ONLY = 0o600;

/** What a build is given beside its folder. */
export interface BuildInputs {
  /** Variables of a secret that has a name. @throws NotFoundError */
  readonly readSecret: (name: string) => SecretValues | Promise<SecretValues>;
  /** The file of the app's bundle, where images run functions of it. */
  readonly code: string | undefined;
}

/** Writes what the steps of an image may read while they run; answers the files by the ids of Docker's secrets. */
export async function writeBuildSecrets(
  image: ImageSpec,
  inputs: BuildInputs,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const secret of image.secrets) {
    const values = await valuesOf(image, secret, inputs);
    const file = join(folder, `secret-${secret.id}`);
    const lines = Object.entries(values).map(([name, value]) => `export ${name}=${quote(value)}\n`);
    writeFileSync(file, lines.join(""), { mode: OWNER_ONLY });
    files.set(secret.id, file);
  }
  if (!image.runsCode) return files;
  return new Map([...files, ...writeCode(inputs.code, folder)]);
}

/** Values of a secret of an image, wherever they are. */
export async function valuesOf(
  { hash }: ImageSpec,
  { id, name }: ImageSecretSpec,
  { readSecret }: Pick<BuildInputs, "readSecret">,
): Promise<SecretValues> {
  if (name !== null) return await readSecret(name);
  const read = sourcesOf(hash).secrets.get(id);
  if (read !== undefined) return read();
  throw new ExecutionError(
    "WINDLASS_BUILD_SECRET_UNKNOWN",
    "an image has a secret whose values are in code, which only a process that has loaded its module can read",
    { hint: "give the App itself, not an AppSpec that was written elsewhere" },
  );
}

/**
 * The code of an app in parts that Docker takes as secrets: other code does not run a function again.
 * @throws ExecutionError when it is too large
 */
export function writeCode(code: string | undefined, folder: string): ReadonlyMap<string, string> {
  if (code === undefined) {
    throw new ExecutionError(
      "WINDLASS_BUILD_CODE_UNKNOWN",
      "an image runs a function of its module, and is built without the module",
      { hint: "build it with `windlass image build <file>`, or deploy its app" },
    );
  }
  const bytes = brotliCompressSync(readFileSync(code), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 5 },
  });
  const parts = Math.ceil(bytes.length / CODE_PART_BYTES);
  if (parts > CODE_PARTS) {
    throw new ExecutionError(
      "WINDLASS_BUILD_CODE_TOO_LARGE",
      `the code of an app whose image runs a function must have at most ${CODE_PARTS * CODE_PART_BYTES} bytes when it is compressed, got ${bytes.length}`,
      { hint: "move the function into a Python file, or what is large into a file of the image" },
    );
  }
  return new Map(
    Array.from({ length: parts }, (_, part) => {
      const file = join(folder, codeSecret(part));
      writeFileSync(file, bytes.subarray(part * CODE_PART_BYTES, (part + 1) * CODE_PART_BYTES));
      return [codeSecret(part), file] as const;
    }),
  );
}
