import { WindlassError } from "../../errors.ts";

/** The last lines of a build say which command of which step failed. */
const LAST_LINES = 20;

/** What it means that a step of an image failed, by what Docker said of it. */
export function toStepError(said: string): WindlassError {
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
  if (/requires BuildKit|buildx component is missing/i.test(said)) return noBuildKit();
  return new WindlassError(
    "WINDLASS_IMAGE_NOT_BUILT",
    `an image could not be built:${lastLines(said)}`,
    {
      hint: "look at the last command above; `windlass image build --print` prints the Dockerfile of each image",
    },
  );
}

/** Docker without BuildKit has no secrets and no caches. */
export function noBuildKit(): WindlassError {
  return new WindlassError(
    "WINDLASS_NO_BUILDKIT",
    "images are built with BuildKit, which this Docker does not have",
    { hint: "install the plugin buildx of Docker, or Docker 23 or newer with it" },
  );
}

export function lastLines(said: string): string {
  const lines = said.trimEnd().split(/\r?\n/).slice(-LAST_LINES);
  return lines.map((line) => `\n  ${line}`).join("");
}
