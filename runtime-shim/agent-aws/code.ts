import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundleObject } from "../../lib/aws/keys.ts";
import { ContainerStartupError } from "../../lib/errors.ts";
import { pythonFilesOf } from "../../lib/python/code-archive.ts";
import { sha256 } from "../../lib/sha256.ts";

/** Port to the objects of the bucket as they are. */
export interface Blobs {
  /** @throws NotFoundError */
  bytes(key: string): Promise<Uint8Array>;
}

export interface CodeRequest {
  readonly app: string;
  readonly codeHash: string;
  /** Where the bundle is written; imports of it look into `node_modules` of the folders above. */
  readonly folder: string;
  /** Whether the function is written in Python. */
  readonly isPython: boolean;
}

/**
 * The bundle of a deployment as a file, compared with its hash; answers its path. For Python, that of the folder with
 * the Python files that it carries.
 * @throws NotFoundError when it is not in the bucket
 * @throws ContainerStartupError when it is not what was deployed
 */
export async function fetchCode(blobs: Blobs, request: CodeRequest): Promise<string> {
  const { app, codeHash, folder, isPython } = request;
  const key = bundleObject(app, codeHash);
  const [code] = await Promise.all([blobs.bytes(key), mkdir(folder, { recursive: true })]);
  const actual = sha256(code);
  if (actual !== codeHash) {
    throw new ContainerStartupError(
      "WINDLASS_CODE_HASH",
      `the code of app "${app}" at "${key}" is not what was deployed: its SHA-256 is ${actual}`,
      { hint: "deploy the app again; if it goes on, find out who writes to the bucket" },
    );
  }
  if (isPython) return await writePython(code, join(folder, codeHash));
  const file = join(folder, `${codeHash}.mjs`);
  await writeFile(file, code);
  return file;
}

async function writePython(code: Uint8Array, folder: string): Promise<string> {
  for (const [path, bytes] of pythonFilesOf(Buffer.from(code).toString("utf8"))) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  return folder;
}
