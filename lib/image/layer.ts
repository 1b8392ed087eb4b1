import { sha256 } from "../sha256.ts";
import type { PythonInstall } from "../spec.ts";

/** One step of an image. */
export interface ImageLayer {
  /** SHA-256 over this step and all before it, as 64 hexadecimal digits. */
  readonly hash: string;
  /** Instructions of a Dockerfile. */
  readonly commands: readonly string[];
  /** What it installs for Python. */
  readonly install?: PythonInstall | undefined;
}

/** The instructions that a method of `Image` adds. */
export interface Step {
  readonly kind: "apt" | "env" | "node" | "npm" | "pip" | "run" | "uvPip";
  /** Written from sorted arguments, so that equal arguments give equal bytes. */
  readonly commands: readonly string[];
  readonly install?: PythonInstall;
}

export function toLayer(parent: string, { kind, commands, install }: Step): ImageLayer {
  return Object.freeze({
    // Of the commands and not of the arguments: a version that writes a step in another way must build it anew.
    hash: hashOf([parent, kind, ...commands]),
    commands: Object.freeze([...commands]),
    install,
  });
}

export function baseHash(base: string, platform: string): string {
  return hashOf(["base", platform, base]);
}

function hashOf(parts: readonly string[]): string {
  return sha256(JSON.stringify(parts));
}
