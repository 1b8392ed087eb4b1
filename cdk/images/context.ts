import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { nodeTag } from "../../lib/image/base.ts";
import { ownFolder } from "../../lib/local/bundle/own-package.ts";
import { sha256 } from "../../lib/sha256.ts";
import type { ImageSpec } from "../../lib/spec.ts";

/**
 * The Node that runs the agent and user code, whatever the base has: to the patch, so that an image is the same whenever
 * it is built. It needs glibc 2.28 or newer.
 */
export const NODE_VERSION = "24.22.3";
/** The agent, the runner that it starts, and what mounts buckets. */
const PROGRAMS: readonly string[] = ["agent-aws.mjs", "bucket-mount.mjs", "runner-node.mjs"];
/** The runner of Python functions: a folder. */
const PYTHON_RUNNER = "runner-python";

/** Writes the folder that an image is built from: what the spec says, and on top of it what makes it a container of ours. */
export function writeImageContext(image: ImageSpec, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const program of programs()) {
    mkdirSync(dirname(join(folder, program)), { recursive: true });
    copyFileSync(pathOf(program), join(folder, program));
  }
  writeFileSync(join(folder, "Dockerfile"), toDockerfile(image));
}

/** SHA-256 of all that an image is built from, in hexadecimal. */
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

function toDockerfile({ dockerfile }: ImageSpec): string {
  return [
    dockerfile.trimEnd(),
    // Last, so that a new version of Windlass builds no layer of the user's again.
    `COPY --from=${nodeTag(NODE_VERSION)} /usr/local/bin/node /opt/windlass/node`,
    // On musl it cannot start: better known now than in each container.
    'RUN ["/opt/windlass/node","--version"]',
    `COPY ${PROGRAMS.join(" ")} /opt/windlass/`,
    `COPY ${PYTHON_RUNNER} /opt/windlass/${PYTHON_RUNNER}`,
    'ENTRYPOINT ["/opt/windlass/node","/opt/windlass/agent-aws.mjs"]',
    "CMD []",
    "",
  ].join("\n");
}
