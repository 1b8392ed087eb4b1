import type { Architecture } from "../spec.ts";

/** What a base image is built for. */
export interface BaseOptions {
  /**
   * Processor of its containers: `"arm64"` runs on Graviton hosts, which cost less and have no GPUs. All that the
   * image installs must exist for it.
   * @default "amd64"
   */
  readonly architecture?: Architecture | undefined;
}

/** Versions of languages in a Debian image, and its processor. */
export interface DebianSlimOptions extends BaseOptions {
  /** Version of Python, for instance `"3.12"`; at least 3.9. @default - no Python */
  readonly python?: string | undefined;
  /** Version of Node for subprocesses and `npmInstall`, for instance `"24"`; at least 18. @default - no Node */
  readonly node?: string | undefined;
}

/** Where an image begins. */
export interface Base {
  /** The tag that it builds on. */
  readonly tag: string;
  readonly architecture: Architecture;
  readonly hasPython: boolean;
  /** Its version of Python, where it is known. */
  readonly python: string | null;
  /** Steps that may install a Python that we do not know of. */
  readonly mayGetPython: boolean;
  readonly hasNode: boolean;
}

/** Node has a base of its own only where there is no Python; a layer adds it to that of Python. */
export function debianSlimBase({ python, node, architecture = "amd64" }: DebianSlimOptions): Base {
  if (python !== undefined) {
    const tag = `python:${python}-slim-bookworm`;
    return { tag, architecture, hasPython: true, hasNode: false, python, mayGetPython: true };
  }
  const without = { architecture, hasPython: false, python: null, mayGetPython: false };
  if (node !== undefined) return { tag: nodeTag(node), hasNode: true, ...without };
  return { tag: "debian:bookworm-slim", hasNode: false, ...without };
}

export function nodeTag(version: string): string {
  return `node:${version}-bookworm-slim`;
}
