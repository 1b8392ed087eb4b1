import type { Architecture } from "../spec.ts";
import type { Secret } from "../storage/secret.ts";
import type { BuildSecret } from "./build-secrets.ts";
import type { StepFiles } from "./layer.ts";

/** What a base image is built for. */
export interface BaseOptions {
  /**
   * Processor of its containers: `"arm64"` runs on Graviton hosts, which cost less and have no GPUs. All that the
   * image installs must exist for it.
   * @default "amd64"
   */
  readonly architecture?: Architecture | undefined;
  /** Builds the whole image again with each build. @default false */
  readonly forceBuild?: boolean | undefined;
}

/** Versions of languages in a Debian image, and its processor. */
export interface DebianSlimOptions extends BaseOptions {
  /** Version of Python, for instance `"3.12"`; at least 3.9. @default - no Python */
  readonly python?: string | undefined;
  /** Version of Node for subprocesses and `npmInstall`, for instance `"24"`; at least 18. @default - no Node */
  readonly node?: string | undefined;
}

/** What an image of micromamba has. */
export interface MicromambaOptions extends BaseOptions {
  /** Version of Python, for instance `"3.12"`; at least 3.9. @default "3.13" */
  readonly python?: string | undefined;
}

/** How an image of a registry becomes a base. */
export interface RegistryOptions extends BaseOptions {
  /**
   * Who may pull it: a secret with the variables REGISTRY_USERNAME and REGISTRY_PASSWORD.
   * @default - everyone, or whoever `docker login` has signed in
   */
  readonly secret?: Secret | undefined;
  /** Adds this version of Python, of its official image, for instance `"3.12"`. @default - the Python that it has */
  readonly addPython?: string | undefined;
  /** Instructions of a Dockerfile that come first: what else makes the base fit. @default - none */
  readonly setupDockerfileCommands?: readonly string[] | undefined;
}

/** How an image of a registry is pulled. */
export interface RegistryLogin {
  readonly kind: "basic" | "ecr" | "gcp";
  /** With the variables that it takes; undefined for the credentials of who builds. */
  readonly secret: Secret | undefined;
}

/** The first instructions of an image. */
export interface Beginning {
  /** The tag that it builds on. */
  readonly tag: string;
  readonly lines: readonly string[];
  readonly files?: readonly StepFiles[];
  readonly secrets?: readonly BuildSecret[];
}

/** Where an image begins, and what is known of it. */
export interface Base {
  /** Read on use: a Dockerfile is where images are built, and not in containers. */
  readonly begin: () => Beginning;
  readonly architecture: Architecture;
  readonly hasPython: boolean;
  /** Its version of Python, where it is known. */
  readonly python: string | null;
  /** Steps that may install a Python that we do not know of. */
  readonly mayGetPython: boolean;
  readonly hasNode: boolean;
  readonly login?: RegistryLogin | undefined;
  /** The program and its flags that take commands of `runCommands`. @default - `/bin/sh -c` */
  readonly shell?: readonly string[] | undefined;
  /** What containers run first, with the agent as arguments. @default - the agent */
  readonly entrypoint?: readonly string[] | undefined;
  /** The method that has added files without a copy: they come last. */
  readonly attachedBy?: string | undefined;
  readonly isForced?: boolean | undefined;
}

const MICROMAMBA = "mambaorg/micromamba:2.1.1-debian12-slim";

/** Node has a base of its own only where there is no Python; a layer adds it to that of Python. */
export function debianSlimBase({ python, node, architecture = "amd64" }: DebianSlimOptions): Base {
  if (python !== undefined) {
    const begin = beginWith(`python:${python}-slim-bookworm`);
    return { begin, architecture, hasPython: true, hasNode: false, python, mayGetPython: true };
  }
  const without = { architecture, hasPython: false, python: null, mayGetPython: false };
  if (node !== undefined) return { begin: beginWith(nodeTag(node)), hasNode: true, ...without };
  return { begin: beginWith("debian:bookworm-slim"), hasNode: false, ...without };
}

export function micromambaBase({
  python = "3.13",
  architecture = "amd64",
}: MicromambaOptions): Base {
  const begin = beginWith(MICROMAMBA);
  return { begin, architecture, hasPython: true, hasNode: false, python, mayGetPython: true };
}

/** An image of which nothing is known. */
export function unknownBase(
  begin: () => Beginning,
  { architecture = "amd64" }: Pick<BaseOptions, "architecture">,
): Base {
  return { begin, architecture, hasPython: true, hasNode: true, python: null, mayGetPython: true };
}

export function beginWith(tag: string): () => Beginning {
  return () => ({ tag, lines: [`FROM ${tag}`] });
}

export function nodeTag(version: string): string {
  return `node:${version}-bookworm-slim`;
}

export function pythonTag(version: string): string {
  return `python:${version}-slim-bookworm`;
}
