import { sha256 } from "../sha256.ts";
import type { PythonInstall } from "../spec.ts";
import type { BuildSecret } from "./build-secrets.ts";
import type { LocalFiles } from "./local-files.ts";

/** One step of an image. */
export interface ImageLayer {
  /** SHA-256 over this step and all before it, as 64 hexadecimal digits. */
  readonly hash: string;
  /** Instructions of a Dockerfile. */
  readonly commands: readonly string[];
  /** What it installs for Python. */
  readonly install?: PythonInstall | undefined;
}

type StepKind =
  | ("apt" | "env" | "node" | "npm" | "pip" | "run" | "uvPip")
  | ("python" | "micromamba" | "uvSync" | "poetry" | "privateRepos" | "function" | "files")
  | ("dockerfile" | "entrypoint" | "cmd" | "shell" | "workdir");

/** Files of the user's machine, by the hash that instructions name them with. */
export interface StepFiles {
  readonly hash: string;
  readonly files: LocalFiles;
}

/** The instructions that a method of `Image` adds. */
export interface Step {
  readonly kind: StepKind;
  /** Written from sorted arguments, so that equal arguments give equal bytes. */
  readonly commands: readonly string[];
  readonly install?: PythonInstall | undefined;
  /** What its instructions copy. */
  readonly files?: readonly StepFiles[] | undefined;
  readonly secrets?: readonly BuildSecret[] | undefined;
}

export function toLayer(parent: string, { kind, commands, install }: Step): ImageLayer {
  return Object.freeze({
    // Of the commands and not of the arguments: a version that writes a step in another way must build it anew.
    hash: hashOf([parent, kind, ...commands]),
    commands: Object.freeze([...commands]),
    install,
  });
}

export function baseHash(begin: readonly string[], platform: string): string {
  return hashOf(["base", platform, ...begin]);
}

function hashOf(parts: readonly string[]): string {
  return sha256(JSON.stringify(parts));
}
