import { WindlassError } from "../../lib/errors.ts";
import { findBuildLog } from "./build-log.ts";

/** The last lines of a build say which command of which step failed. */
const LAST_LINES = 20;
const NO_DOCKER: RegExp =
  /unable to execute 'docker'|failed to find and execute|spawn \S+ ENOENT|cannot connect to the docker daemon/i;

/** What it means that an image could not be built or pushed here, by what the CDK and Docker said of it. */
export function toImageError(said: string): WindlassError {
  if (!NO_DOCKER.test(said)) return toStepError(said);
  return new WindlassError(
    "WINDLASS_NO_DOCKER",
    `images are built by Docker, which fails:${lastLines(said)}`,
    {
      hint: "install or start Docker; or have CodeBuild build the image, with `--build codebuild`; or build it elsewhere and pass `--image <hash>=<uri>`",
    },
  );
}

/**
 * What it means that CodeBuild could not build an image, by what CloudFormation said of it and, where that could be
 * read, what the build itself said.
 */
export function toBuildError(reason: string, said: string = ""): WindlassError {
  if (/builds? in queue|AccountLimitExceeded/i.test(reason)) {
    return new WindlassError(
      "WINDLASS_CODEBUILD_QUOTA",
      `CodeBuild starts no more builds in this account: ${reason}`,
      {
        hint: "ask in Service Quotas for a higher one of CodeBuild, `Concurrently running builds for Linux/Small environment` or for ARM; or build with Docker: `--build docker`",
      },
    );
  }
  if (said !== "") return toStepError(said);
  const log = findBuildLog(reason);
  return new WindlassError(
    "WINDLASS_IMAGE_NOT_BUILT",
    `an image could not be built by CodeBuild: ${reason}`,
    {
      hint:
        log === undefined
          ? "look at the builds of the project in the console of CodeBuild; `windlass spec` prints the Dockerfile of each image"
          : `read what the build said: \`aws logs get-log-events --log-group-name ${log.group} --log-stream-name ${log.stream}\`, or where the stack was brought back, deploy again with \`windlass deploy\`, which shows it`,
    },
  );
}

function toStepError(said: string): WindlassError {
  // With BuildKit and without it; a command that went well is not told in this form.
  if (/["']\/opt\/windlass\/node --version["']|exec \/opt\/windlass\/node: /.test(said)) {
    return new WindlassError(
      "WINDLASS_IMAGE_WITHOUT_GLIBC",
      "the Node of containers cannot start on the base of an image: it needs glibc 2.28 or newer, and libstdc++",
      {
        hint: 'use a base of Debian, Ubuntu or Red Hat: "python:3.12-slim" instead of "python:3.12-alpine"',
      },
    );
  }
  if (/toomanyrequests/i.test(said)) {
    return new WindlassError(
      "WINDLASS_IMAGE_PULL_LIMIT",
      `a registry refuses to be pulled from for now:${lastLines(said)}`,
      {
        hint: "deploy again later; Docker Hub counts pulls by address, and CodeBuild shares its addresses: build with Docker (`--build docker`) after `docker login`",
      },
    );
  }
  return new WindlassError(
    "WINDLASS_IMAGE_NOT_BUILT",
    `an image could not be built:${lastLines(said)}`,
    {
      hint: "look at the last command above; `windlass spec` prints the Dockerfile of each image",
    },
  );
}

function lastLines(said: string): string {
  const lines = said.trimEnd().split(/\r?\n/).slice(-LAST_LINES);
  return lines.map((line) => `\n  ${line}`).join("");
}
