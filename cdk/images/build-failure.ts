import { WindlassError } from "../../lib/errors.ts";

/** Docker's last lines say which command of which step failed. */
const LAST_LINES = 20;

/** What it means that an image could not be built or pushed, by what the CDK and Docker said of it. */
export function toImageError(said: string): WindlassError {
  const lines = said.trimEnd().split(/\r?\n/).slice(-LAST_LINES);
  const tail = lines.map((line) => `\n  ${line}`).join("");
  if (
    /unable to execute 'docker'|failed to find and execute|ENOENT|cannot connect to the docker daemon/i.test(
      said,
    )
  ) {
    return new WindlassError(
      "WINDLASS_NO_DOCKER",
      `images are built by Docker, which fails:${tail}`,
      {
        hint: "install or start Docker; or build the image elsewhere and pass `--image <hash>=<uri>`",
      },
    );
  }
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
  return new WindlassError("WINDLASS_IMAGE_NOT_BUILT", `an image could not be built:${tail}`, {
    hint: "look at the last command above; `windlass spec` prints the Dockerfile of each image",
  });
}
