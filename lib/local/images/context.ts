import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ExecutionError } from "../../errors.ts";
import { nodeTag } from "../../image/base.ts";
import { NODE_VERSION } from "../../image/build-functions.ts";
import { sourcesOf } from "../../image/image-spec.ts";
import { copyFiles, FILES_FOLDER } from "../../image/local-files.ts";
import { FORCE } from "../../image/quote.ts";
import { sha256 } from "../../sha256.ts";
import type { ImageSpec } from "../../spec.ts";
import { ownFolder } from "../bundle/own-package.ts";

/** The agent, the runner that it starts, with what that loads for web functions, and what mounts buckets. */
const PROGRAMS: readonly string[] = [
  ...["agent-aws.mjs", "bucket-mount.mjs", "runner-node.mjs", "runner-node-web.mjs"],
];
/** The runner of Python functions: a folder. */
const PYTHON_RUNNER = "runner-python";

/**
 * Writes the folder that an image is built from: what the spec says, and on top of it what makes it a container of ours.
 * @throws ExecutionError when it copies files, and its module was not loaded by this process
 */
export function writeImageContext(image: ImageSpec, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const program of programs()) {
    mkdirSync(dirname(join(folder, program)), { recursive: true });
    copyFileSync(pathOf(program), join(folder, program));
  }
  const { files } = sourcesOf(image.hash);
  for (const { hash, path } of image.files) {
    const local = files.get(hash);
    if (local === undefined) throw unknownFiles(path);
    copyFiles(local, join(folder, FILES_FOLDER, hash));
  }
  writeFileSync(join(folder, "Dockerfile"), toDockerfile(image));
}

/** SHA-256 of all that an image is built from, in hexadecimal; of one that is always built anew, another one each time. */
export function imageContextHash(image: ImageSpec): string {
  const parts = [image.hash, toDockerfile(image), ...programs().map(hashOf)];
  return sha256(parts.join("\n"));
}

/** All files, relative to where they lie in this package. */
function programs(): readonly string[] {
  const folder = pathOf(PYTHON_RUNNER);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".py"))
    .map(({ parentPath, name }) => join(PYTHON_RUNNER, relative(folder, join(parentPath, name))));
  return [...PROGRAMS, ...files.sort()];
}

const hashes: Map<string, string> = new Map();

/** An app has many images, and each has the same programs. */
function hashOf(program: string): string {
  const hash = hashes.get(program) ?? sha256(readFileSync(pathOf(program)));
  hashes.set(program, hash);
  return hash;
}

function pathOf(program: string): string {
  return join(ownFolder(), "dist/runtime-shim", program);
}

/** Another one in each process: what is forced is built once by each. */
const NONCE: string = `${Date.now()}-${process.pid}`;

function toDockerfile({ dockerfile, entrypoint, gpu, isForced }: ImageSpec): string {
  const own = isForced ? dockerfile.replaceAll(FORCED, `${FORCE}=${NONCE}`) : dockerfile;
  const command = ["/opt/windlass/node", "/opt/windlass/agent-aws.mjs"];
  return [
    own.trimEnd(),
    // For what NVIDIA's runtime mounts of the driver. Which GPUs a container sees, says who starts it.
    ...(gpu && !NVIDIA.test(dockerfile)
      ? ['ENV NVIDIA_DRIVER_CAPABILITIES="compute,utility,video"']
      : []),
    // Last, so that a new version of Windlass builds no layer of the user's again.
    `COPY --from=${nodeTag(NODE_VERSION)} /usr/local/bin/node /opt/windlass/node`,
    // On musl it cannot start: better known now than in each container.
    'RUN ["/opt/windlass/node","--version"]',
    `COPY ${PROGRAMS.join(" ")} /opt/windlass/`,
    `COPY ${PYTHON_RUNNER} /opt/windlass/${PYTHON_RUNNER}`,
    `ENTRYPOINT ${JSON.stringify([...entrypoint, ...command])}`,
    "CMD []",
    "",
  ].join("\n");
}

const FORCED: RegExp = new RegExp(`^${FORCE}$`, "gm");
const NVIDIA: RegExp = /^ENV NVIDIA_DRIVER_CAPABILITIES=/m;

function unknownFiles(path: string): ExecutionError {
  return new ExecutionError(
    "WINDLASS_IMAGE_FILES_UNKNOWN",
    `an image copies "${path}", which only a process that has loaded its module can find`,
    { hint: "give the App itself, not an AppSpec that was written elsewhere" },
  );
}
