import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withoutCaches } from "../../image/caches.ts";
import type { ImageSpec } from "../../spec.ts";
import { type BuildInputs, writeBuildSecrets } from "./build-inputs.ts";
import { BuildProgress, type BuildSteps } from "./build-progress.ts";
import { imageContextHash, writeImageContext } from "./context.ts";
import { type Builder, docker, findBuilder } from "./docker.ts";
import { noBuildKit, toStepError } from "./failure.ts";
import { pullBase } from "./registry.ts";

/** The repository of images that are built on this machine. */
export const REPOSITORY = "windlass-image";
/** Labels by which they are listed. */
export const LABELS = { hash: "windlass.image", base: "windlass.base" } as const;

export interface BuildRequest extends BuildInputs {
  readonly image: ImageSpec;
  /** Builds it even if it is there, every step of it. @default false */
  readonly isForced?: boolean | undefined;
  /** Told of each instruction that begins. */
  readonly onStep?: ((instruction: string) => void) | undefined;
  /** Told of each line that Docker writes. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface BuiltImage {
  readonly tag: string;
  readonly steps: BuildSteps;
}

const NOTHING: BuildSteps = { total: 0, run: 0 };

/** The tag of an image on this machine: by all that it is built from. */
export function imageTag(image: ImageSpec): string {
  return `${REPOSITORY}:${imageContextHash(image)}`;
}

/**
 * Builds an image with Docker of this machine, unless it is there.
 * @throws ExecutionError when Docker does not answer
 * @throws WindlassError when a step fails, the base cannot be pulled, or a secret is missing
 */
export async function buildImage(request: BuildRequest): Promise<BuiltImage> {
  const { image, isForced = false } = request;
  const tag = imageTag(image);
  const builder = await findBuilder();
  if (!isForced && (await isBuilt(tag))) return { tag, steps: NOTHING };
  if (builder === "legacy" && (image.secrets.length > 0 || image.runsCode)) throw noBuildKit();
  const folder = mkdtempSync(join(tmpdir(), "windlass-build-"));
  try {
    return { tag, steps: await build(request, { tag, builder, folder }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether this machine has an image. */
async function isBuilt(tag: string): Promise<boolean> {
  return (await docker(["image", "inspect", "--format", "{{.Id}}", tag])).code === 0;
}

interface Place {
  readonly tag: string;
  readonly builder: Builder;
  /** Only this user can read it. */
  readonly folder: string;
}

async function build(request: BuildRequest, place: Place): Promise<BuildSteps> {
  const { image, onStep, onLine } = request;
  const { builder, folder } = place;
  const context = join(folder, "context");
  mkdirSync(context);
  await pullBase(image, request, folder);
  const secrets = await writeBuildSecrets(image, request, folder);
  writeImageContext(image, context);
  if (builder === "legacy") leaveCachesOut(join(context, "Dockerfile"));
  const progress = new BuildProgress();
  const { code, output } = await docker(buildArguments(request, place, secrets), {
    env: { DOCKER_BUILDKIT: builder === "legacy" ? "0" : "1" },
    onLine(line) {
      const instruction = progress.see(line);
      if (instruction !== undefined) onStep?.(instruction);
      onLine?.(line);
    },
  });
  if (code !== 0) throw toStepError(output);
  return progress.steps;
}

function buildArguments(
  { image, isForced = false }: BuildRequest,
  { tag, builder, folder }: Place,
  secrets: ReadonlyMap<string, string>,
): string[] {
  return [
    "build",
    ...(builder === "legacy" ? [] : ["--progress", "plain"]),
    // With another driver than Docker's own the image would stay in it.
    ...(builder === "buildx" ? ["--load"] : []),
    ...["--platform", image.platform, "--tag", tag],
    ...["--label", `${LABELS.hash}=${image.hash}`, "--label", `${LABELS.base}=${image.base}`],
    ...(isForced ? ["--no-cache"] : []),
    ...[...secrets].flatMap(([id, file]) => ["--secret", `id=${id},src=${file}`]),
    join(folder, "context"),
  ];
}

function leaveCachesOut(file: string): void {
  writeFileSync(file, withoutCaches(readFileSync(file, "utf8")));
}
