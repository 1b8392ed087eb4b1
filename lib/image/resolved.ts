import { throwViolations } from "../options/violation.ts";
import type { Architecture } from "../spec.ts";
import type { Base, Beginning, RegistryLogin } from "./base.ts";
import { codeSecret } from "./build-functions.ts";
import type { BuildSecret } from "./build-secrets.ts";
import type { WriteStep } from "./chain.ts";
import { checkLength } from "./checks.ts";
import { baseHash, type ImageLayer, type StepFiles, toLayer } from "./layer.ts";
import { FORCE } from "./quote.ts";

/** An image whose files are read. */
export interface ResolvedImage {
  readonly beginning: Beginning;
  readonly layers: readonly ImageLayer[];
  readonly files: readonly StepFiles[];
  readonly secrets: readonly BuildSecret[];
}

/** What a build needs beside the Dockerfile. */
export interface BuildNeeds {
  readonly files: readonly StepFiles[];
  readonly secrets: readonly BuildSecret[];
  readonly login: RegistryLogin | undefined;
  readonly entrypoint: readonly string[] | undefined;
  /** It is built again with each build. */
  readonly isForced: boolean;
  /** It runs functions of the module. */
  readonly runsCode: boolean;
}

export function resolveBase({ begin, isForced = false }: Base): ResolvedImage {
  const { tag, lines, files = [], secrets = [] } = begin();
  const all = isForced ? [...lines, FORCE] : lines;
  return { beginning: { tag, lines: all }, layers: Object.freeze([]), files, secrets };
}

export function resolveStep(
  before: ResolvedImage,
  { write, method }: { readonly write: WriteStep; readonly method: string },
  architecture: Architecture,
): ResolvedImage {
  const commands = before.layers.flatMap((layer) => layer.commands);
  const step = write({ commands, base: before.beginning.tag });
  throwViolations(`${method}()`, checkLength(step.commands, `${method}()`), resolveStep);
  return {
    beginning: before.beginning,
    layers: Object.freeze([...before.layers, toLayer(hashOf(before, architecture), step)]),
    files: [...before.files, ...(step.files ?? [])],
    secrets: [...before.secrets, ...(step.secrets ?? [])],
  };
}

export function hashOf({ beginning, layers }: ResolvedImage, architecture: Architecture): string {
  const last = layers.at(-1);
  if (last !== undefined) return last.hash;
  const { tag, lines } = beginning;
  const isPlain = lines.length === 1 && lines[0] === `FROM ${tag}`;
  return baseHash(isPlain ? [tag] : lines, `linux/${architecture}`);
}

export function dockerfileOf({ beginning, layers }: ResolvedImage): string {
  return [...beginning.lines, ...layers.flatMap(({ commands }) => commands), ""].join("\n");
}

export function needsOf(image: ResolvedImage, { login, entrypoint }: Base): BuildNeeds {
  const dockerfile = dockerfileOf(image);
  return {
    files: unique(image.files, ({ hash }) => hash),
    secrets: unique(image.secrets, ({ id }) => id),
    login,
    entrypoint,
    isForced: dockerfile.split("\n").includes(FORCE),
    runsCode: dockerfile.includes(`id=${codeSecret(0)},`),
  };
}

function unique<Value>(values: readonly Value[], keyOf: (value: Value) => string): Value[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()];
}
