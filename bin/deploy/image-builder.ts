import { execFile } from "node:child_process";
import type { ImageSpec } from "../../lib/spec.ts";
import { UsageError } from "../usage-error.ts";

/** Who builds images: Docker of this machine, or AWS CodeBuild during the deployment. */
export type ImageBuilder = "docker" | "codebuild";

/** A daemon that does not answer within this time, perhaps on another machine, is none. */
const DOCKER_TIMEOUT_MS = 10_000;
/** As Docker names what this machine runs. */
const OWN_PLATFORM = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;

/**
 * The builder that `--build` names, else the variable WINDLASS_BUILD; undefined without either.
 *
 * @throws UsageError for another one
 */
export function givenBuilder(flag?: unknown): ImageBuilder | undefined {
  const value = flag ?? (process.env["WINDLASS_BUILD"] || undefined);
  if (value === undefined || value === "docker" || value === "codebuild") return value;
  const name = flag === undefined ? "WINDLASS_BUILD" : "--build";
  throw new UsageError(
    "WINDLASS_UNKNOWN_BUILDER",
    `\`${name}\` must be docker or codebuild, got "${String(value)}"`,
    { hint: "leave it out: Docker builds images where it can, else CodeBuild does" },
  );
}

/** Why Docker of this machine is not the one to build images; undefined where it is. */
export async function whyNotDocker(images: readonly ImageSpec[]): Promise<string | undefined> {
  // Emulating another processor takes many times as long.
  const foreign = images.find(({ platform }) => platform !== OWN_PLATFORM);
  if (foreign !== undefined) return `this machine is not ${foreign.platform}`;
  return (await dockerAnswers()) ? undefined : "no Docker here";
}

function dockerAnswers(): Promise<boolean> {
  // The variable with which the CDK is told to use another program.
  const { CDK_DOCKER: docker = "docker" } = process.env;
  return new Promise((resolve) => {
    execFile(docker, ["version"], { timeout: DOCKER_TIMEOUT_MS }, (error) =>
      resolve(error === null),
    );
  });
}
