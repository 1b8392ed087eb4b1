import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Image, Secret } from "windlass";
import { type Files, writeFiles } from "../bundle/temp-project.ts";
import { errorOf } from "./mistake.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "windlass-dockerfile-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (files: Files): void => writeFiles(folder, files);

const DOCKERFILE = `# syntax of its own
ARG VERSION=1
FROM golang:1 AS build
COPY go.mod go.sum ./
copy ["src dir/", "/src"]
RUN --mount=type=bind,source=vendor,target=/vendor \\
    # a comment
    go build \\
    ./...
FROM debian:bookworm-slim
ADD https://example.com/a.tar /a.tar
COPY --from=build --chown=1:1 /out /usr/bin/
COPY <<END /etc/conf
not # a comment
END
RUN ["true"]
`;

function fixture(): Image {
  write({
    Dockerfile: DOCKERFILE,
    "go.mod": "m",
    "go.sum": "s",
    "src dir/main.go": "main",
    "vendor/x.go": "x",
    "unused.txt": "1",
  });
  return Image.fromDockerfile(join(folder, "Dockerfile"), { buildArgs: { VERSION: "2 3" } });
}

test("a Dockerfile copies from a folder of its own, by what each instruction names", () => {
  const image = fixture().aptInstall("curl");

  expect(image.base).toBe("debian:bookworm-slim");
  expect(
    image.dockerfile
      .split("\n")
      .slice(0, -2)
      .join("\n")
      .replaceAll(/[0-9a-f]{64}/g, "HASH"),
  ).toMatchInlineSnapshot(`
    "ARG VERSION='2 3'
    FROM golang:1 AS build
    COPY files/HASH/go.mod files/HASH/go.sum ./
    COPY ["files/HASH/src dir/","/src"]
    RUN --mount=type=bind,target=/vendor,source=files/HASH/vendor go build     ./...
    FROM debian:bookworm-slim
    ADD https://example.com/a.tar /a.tar
    COPY --from=build --chown=1:1 /out /usr/bin/
    COPY <<END /etc/conf
    not # a comment
    END
    RUN ["true"]"
  `);
});

test("it changes with what it copies, and not with what it does not", () => {
  const before = fixture().hash;

  write({ "unused.txt": "2" });
  expect(fixture().hash).toBe(before);
  const changed = (): string => Image.fromDockerfile(join(folder, "Dockerfile")).hash;
  const plain = changed();
  write({ "vendor/x.go": "y" });
  expect(changed()).not.toBe(plain);
});

test("its .dockerignore holds, and `ignore` in its place", () => {
  write({ "app/Dockerfile": "FROM debian\nCOPY . /app\n", "a.log": "1", "b.txt": "1" });
  write({ ".dockerignore": "*.log\n" });
  const hash = (ignore?: readonly string[]): string =>
    Image.fromDockerfile(join(folder, "app/Dockerfile"), {
      contextDir: folder,
      ...(ignore && { ignore }),
    }).hash;
  const [before, all] = [hash(), hash([])];

  write({ "a.log": "2" });

  expect(hash()).toBe(before);
  expect(hash([])).not.toBe(all);
});

test("each RUN in shell form has the secrets and variables", () => {
  write({ Dockerfile: 'FROM debian\nRUN make\nRUN ["make"]\n' });
  const options = { secrets: [Secret.fromName("npm")], env: { CI: "1" }, forceBuild: true };

  expect(
    Image.fromDockerfile(join(folder, "Dockerfile"), options).dockerfile,
  ).toMatchInlineSnapshot(`
    "FROM debian
    ARG WINDLASS_FORCE_BUILD
    RUN --mount=type=secret,id=npm,target=/run/secrets/npm,required=true,mode=0444 . /run/secrets/npm && export CI=1 && make
    RUN --mount=type=secret,id=npm,target=/run/secrets/npm,required=true,mode=0444 ["make"]
    "
  `);
});

test("instructions are a step", () => {
  write({ "certs/a.pem": "a" });
  const image = Image.debianSlim().dockerfileCommands(
    ["ARG LEVEL", "COPY certs /etc/certs"],
    "RUN update-ca-certificates",
    { contextDir: folder, buildArgs: { LEVEL: "3" } },
  );

  expect(image.layers[0]?.commands.map((line) => line.replace(/[0-9a-f]{64}/, "HASH"))).toEqual([
    "ARG LEVEL=3",
    "COPY files/HASH/certs /etc/certs",
    "RUN update-ca-certificates",
  ]);
});

test("what is no Dockerfile says why", () => {
  const code = (text: string, buildArgs?: Record<string, string>): string => {
    write({ Dockerfile: text });
    const path = join(folder, "Dockerfile");
    return errorOf(() => Image.fromDockerfile(path, { ...(buildArgs && { buildArgs }) }).hash).code;
  };

  expect([
    code("RUN true\n"),
    code("FROM debian\n123\n"),
    code("# escape=`\nFROM debian\n"),
    code("FROM debian\nCOPY nothing /\n"),
    code("FROM debian\n", { A: "1" }),
    errorOf(() => Image.fromDockerfile(join(folder, "none")).hash).code,
  ]).toEqual([
    "WINDLASS_DOCKERFILE_WITHOUT_FROM",
    "WINDLASS_INVALID_DOCKERFILE",
    "WINDLASS_DOCKERFILE_ESCAPE",
    "WINDLASS_LOCAL_FILES_EMPTY",
    "WINDLASS_UNKNOWN_BUILD_ARG",
    "WINDLASS_LOCAL_FILE_MISSING",
  ]);
});
