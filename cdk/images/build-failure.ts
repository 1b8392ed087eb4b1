import { WindlassError } from "../../lib/errors.ts";
import { lastLines, toStepError } from "../../lib/local/images/failure.ts";
import { findBuildLog } from "./build-log.ts";

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
