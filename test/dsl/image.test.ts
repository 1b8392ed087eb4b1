import fc from "fast-check";
import { expect, test } from "vitest";
import { App, Image, resolveSpec } from "windlass";

const PACKAGES = ["curl", "ffmpeg", "git", "zlib1g-dev"];

type Step = (image: Image) => Image;

/** Steps of every kind. */
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.subarray(PACKAGES, { minLength: 1 }).map(
      (names): Step =>
        (image) =>
          image.aptInstall(names),
    ),
    fc.subarray(PACKAGES, { minLength: 1 }).map(
      (names): Step =>
        (image) =>
          image.pipInstall(names),
    ),
    fc.subarray(PACKAGES, { minLength: 1 }).map(
      (names): Step =>
        (image) =>
          image.uvPipInstall(...names, { pre: true }),
    ),
    fc.subarray(PACKAGES, { minLength: 1 }).map(
      (names): Step =>
        (image) =>
          image.npmInstall(names),
    ),
    fc.nat(9).map(
      (n): Step =>
        (image) =>
          image.env({ N: `${n}` }),
    ),
    fc.nat(9).map(
      (n): Step =>
        (image) =>
          image.runCommands(`echo ${n}`),
    ),
  ),
  { maxLength: 6 },
);

function build(taken: readonly Step[], base: Image = Image.debianSlim({ python: "3.12" })): Image {
  return taken.reduce((image, step) => step(image), base);
}

test("a chain of all steps is this Dockerfile", () => {
  const image = Image.debianSlim({ python: "3.12", node: "22" })
    .aptInstall("git=1:2.39.*", "ffmpeg")
    .pipInstall("uvicorn[standard]>=0.30,<1", "numpy")
    .uvPipInstall("torch==2.9.0", {
      indexUrl: "https://download.pytorch.org/whl/cpu",
      extraIndexUrl: "https://pypi.org/simple",
      findLinks: "https://example.com/wheels",
      pre: true,
      extraOptions: ["--no-deps", "it's"],
    })
    .uvPipInstall("einops")
    .npmInstall("sharp@>=0.33 <1", "@types/node")
    .env({ QUOTED: `a "b" $c \\d \`e\` 'f'`, EMPTY: "" })
    .runCommands("echo one", "cat <<END\n$HOME # no comment\nEND");

  expect(image.dockerfile).toMatchInlineSnapshot(`
    "FROM python:3.12-slim-bookworm
    COPY --from=node:22-bookworm-slim /usr/local/bin/node /usr/local/bin/node
    COPY --from=node:22-bookworm-slim /usr/local/lib/node_modules /usr/local/lib/node_modules
    RUN --mount=type=cache,id=windlass-apt-4bd2ba22427f,target=/var/cache/windlass/apt,sharing=locked,mode=0777 ["/bin/sh","-c","ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -sf ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx && (node --version || (set -- -o Dir::State::lists=/var/cache/windlass/apt/lists -o Dir::Cache::archives=/var/cache/windlass/apt/archives -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Keep-Downloaded-Packages=true && mkdir -p /var/cache/windlass/apt/lists/partial /var/cache/windlass/apt/archives/partial && apt-get \\"$@\\" update && DEBIAN_FRONTEND=noninteractive apt-get \\"$@\\" install -y --no-install-recommends libatomic1 && node --version))"]
    RUN --mount=type=cache,id=windlass-apt-4bd2ba22427f,target=/var/cache/windlass/apt,sharing=locked,mode=0777 ["/bin/sh","-c","set -- -o Dir::State::lists=/var/cache/windlass/apt/lists -o Dir::Cache::archives=/var/cache/windlass/apt/archives -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Keep-Downloaded-Packages=true && mkdir -p /var/cache/windlass/apt/lists/partial /var/cache/windlass/apt/archives/partial && apt-get \\"$@\\" update && DEBIAN_FRONTEND=noninteractive apt-get \\"$@\\" install -y --no-install-recommends ffmpeg 'git=1:2.39.*'"]
    RUN --mount=type=cache,id=windlass-pip,target=/var/cache/windlass/pip,mode=0777 ["/bin/sh","-c","python3 -m pip install --cache-dir /var/cache/windlass/pip --disable-pip-version-check numpy 'uvicorn[standard]>=0.30,<1'"]
    RUN --mount=type=cache,id=windlass-pip,target=/var/cache/windlass/pip,mode=0777 ["/bin/sh","-c","python3 -m pip install --cache-dir /var/cache/windlass/pip --disable-pip-version-check --target /opt/windlass/uv-0.13.9 uv==0.13.9"]
    RUN --mount=type=cache,id=windlass-uv,target=/var/cache/windlass/uv,mode=0777 ["/bin/sh","-c","/opt/windlass/uv-0.13.9/bin/uv pip install --python \\"$(command -v python3)\\" --cache-dir /var/cache/windlass/uv --link-mode copy --compile-bytecode --prerelease allow --find-links https://example.com/wheels --index-url https://download.pytorch.org/whl/cpu --extra-index-url https://pypi.org/simple --no-deps 'it'\\\\''s' torch==2.9.0"]
    RUN --mount=type=cache,id=windlass-uv,target=/var/cache/windlass/uv,mode=0777 ["/bin/sh","-c","/opt/windlass/uv-0.13.9/bin/uv pip install --python \\"$(command -v python3)\\" --cache-dir /var/cache/windlass/uv --link-mode copy --compile-bytecode einops"]
    RUN --mount=type=cache,id=windlass-npm,target=/var/cache/windlass/npm,mode=0777 ["/bin/sh","-c","mkdir -p /opt/windlass && npm install --prefix /opt/windlass --cache /var/cache/windlass/npm --no-audit --no-fund --no-update-notifier @types/node 'sharp@>=0.33 <1'"]
    ENV EMPTY=""
    ENV QUOTED="a \\"b\\" \\$c \\\\d \`e\` 'f'"
    RUN ["/bin/sh","-c","echo one"]
    RUN ["/bin/sh","-c","cat <<END\\n$HOME # no comment\\nEND"]
    "
  `);
});

test.each([
  [{}, "debian:bookworm-slim"],
  [{ node: "24" }, "node:24-bookworm-slim"],
  [{ node: "22.11.0" }, "node:22.11.0-bookworm-slim"],
  [{ python: "3.12.7" }, "python:3.12.7-slim-bookworm"],
  [{ python: undefined, node: undefined }, "debian:bookworm-slim"],
])("debianSlim(%j) is %s, without layers", (options, base) => {
  const image = Image.debianSlim(options);

  expect(image.base).toBe(base);
  expect(image.dockerfile).toBe(`FROM ${base}\n`);
  expect(image.layers).toEqual([]);
});

test("Python and Node together are the image of Python, and Node from its own", () => {
  const image = Image.debianSlim({ python: "3.12", node: "22" });

  expect(image.base).toBe("python:3.12-slim-bookworm");
  expect(image.layers).toHaveLength(1);
  expect(image.dockerfile).toContain(
    "COPY --from=node:22-bookworm-slim /usr/local/bin/node /usr/local/bin/node\n",
  );
});

test("npmInstall adds Node to a Debian image that has none, once", () => {
  const image = Image.debianSlim().npmInstall("sharp").npmInstall("zod");

  expect(image.layers).toHaveLength(3);
  expect(image.layers[0]?.commands[0]).toContain("COPY --from=node:24-bookworm-slim");
});

test("an image of a registry is taken as it is", () => {
  const image = Image.fromRegistry("ghcr.io/team/base:v3").pipInstall("numpy").npmInstall("zod");

  expect(image.base).toBe("ghcr.io/team/base:v3");
  expect(image.layers).toHaveLength(2);
});

test.each([
  "ubuntu",
  "python:3.12-slim",
  "nvidia/cuda:12.8.1-runtime-ubuntu24.04",
  "localhost:5000/a/b_c/d-e.f:V1",
  `ghcr.io/team/base:v3@sha256:${"0f".repeat(32)}`,
])("%s is the name of an image", (tag) => {
  expect(Image.fromRegistry(tag).dockerfile).toBe(`FROM ${tag}\n`);
});

test("uv is installed once for each of its versions", () => {
  const image = Image.debianSlim({ python: "3.12" })
    .uvPipInstall("numpy")
    .uvPipInstall("torch")
    .uvPipInstall("einops", { uvVersion: "0.12.0" });

  expect(image.layers.map(({ commands }) => commands.length)).toEqual([2, 1, 2]);
});

test("equal steps make equal images, in whatever order packages and variables are named", () => {
  const images = [
    ["git", "curl"],
    ["curl", "git", "git"],
    [["curl"], "git"],
  ].map((names) =>
    Image.debianSlim({ python: "3.12" })
      .aptInstall(...names)
      .pipInstall(...names)
      .env(Object.fromEntries(names.flat().map((name) => [name, "1"]))),
  );

  expect(new Set(images.map(({ hash }) => hash)).size).toBe(1);
  expect(new Set(images.map(({ dockerfile }) => dockerfile)).size).toBe(1);
});

test("steps of another kind, another order or another base make other images", () => {
  const base = Image.debianSlim({ python: "3.12" });
  const images = [
    base,
    Image.debianSlim(),
    base.aptInstall("curl"),
    base.pipInstall("curl"),
    base.uvPipInstall("curl"),
    base.pipInstall("curl", { pre: true }),
    base.env({ curl: "1" }),
    base.env({ curl: "" }),
    base.runCommands("curl"),
    base.runCommands("a", "b"),
    base.runCommands("b", "a"),
    base.runCommands("a").runCommands("b"),
    Image.debianSlim({ python: "3.13" }).aptInstall("curl"),
  ];

  expect(new Set(images.map(({ hash }) => hash)).size).toBe(images.length);
});

test("hashes stay as they are from version to version, so that images are not built anew", () => {
  const image = Image.debianSlim().aptInstall("ffmpeg");

  expect(Image.debianSlim().hash).toMatchInlineSnapshot(
    `"0f03e29f5df8bb647555e00ebacdf27931d1f628eb03b00e62bf20441e569612"`,
  );
  expect(image.hash).toMatchInlineSnapshot(
    `"34609b67783a6f91ab3a1dca7c11fa4b790135f2883853247a884fbf6e00a667"`,
  );
});

test("an unchanged prefix of steps has unchanged layers", () => {
  fc.assert(
    fc.property(steps, steps, steps, (prefix, one, other) => {
      const start = build(prefix);
      const { layers } = start;

      for (const rest of [one, other]) {
        const image = build([...prefix, ...rest]);
        expect(image.layers.slice(0, layers.length)).toEqual(layers);
        expect(image.dockerfile.startsWith(start.dockerfile)).toBe(true);
        expect(image.hash).toBe(image.layers.at(-1)?.hash ?? start.hash);
      }
    }),
  );
});

test("a change of one step changes the hashes of its layer and of all after it", () => {
  fc.assert(
    fc.property(steps, steps, (prefix, rest) => {
      const [one, other] = ["1", "2"].map((n) =>
        build([...prefix, (image) => image.env({ CHANGED: n }), ...rest]),
      );
      const hashes = new Set(one?.layers.map(({ hash }) => hash));

      const shared = other?.layers.filter(({ hash }) => hashes.has(hash)) ?? [];

      expect(shared).toEqual(build(prefix).layers);
    }),
  );
});

test("an image never changes: each step is a new one", () => {
  const image = Image.debianSlim({ python: "3.12", node: "24" }).aptInstall("curl");
  const { hash, dockerfile } = image;

  const next = image.runCommands("true");

  expect(next).not.toBe(image);
  expect([image.hash, image.dockerfile]).toEqual([hash, dockerfile]);
  expect(
    [image, image.layers, image.layers[0], image.layers[0]?.commands].every(Object.isFrozen),
  ).toBe(true);
});

test("a step without packages, variables or commands is no step", () => {
  const image = Image.debianSlim({ python: "3.12" });

  expect(
    image
      .aptInstall()
      .pipInstall([])
      .uvPipInstall({ pre: true })
      .npmInstall()
      .env({})
      .runCommands(),
  ).toBe(image);
});

test("the image of a function wins over that of the App, and a spec has each image once", () => {
  const forAll = Image.debianSlim().aptInstall("curl");
  const app = new App("media", { image: forAll });
  app.function("a", () => 1);
  app.function("b", { image: Image.debianSlim({ python: "3.12" }) }, () => 1);
  app.cls(
    "C",
    { image: Image.debianSlim().aptInstall("curl") },
    class {
      run() {}
    },
  );

  const { functions, images } = resolveSpec(app);

  const byName = Object.fromEntries(functions.map(({ name, image }) => [name, image]));
  expect(byName).toEqual({
    a: forAll.hash,
    b: Image.debianSlim({ python: "3.12" }).hash,
    C: forAll.hash,
  });
  expect(images.map(({ hash }) => hash)).toEqual([...new Set(Object.values(byName))].sort());
  expect(images.find(({ hash }) => hash === forAll.hash)).toEqual({
    hash: forAll.hash,
    base: "debian:bookworm-slim",
    platform: "linux/amd64",
    python: { version: null, installs: [] },
    layers: [{ hash: forAll.hash, commands: forAll.layers[0]?.commands }],
    dockerfile: forAll.dockerfile,
    ...{ files: [], secrets: [], registry: null, entrypoint: [] },
    ...{ isForced: false, runsCode: false, gpu: false },
  });
});

test("an app without images has the default one, and one without functions has none", () => {
  const app = new App("media");
  app.function("resize", () => 1);

  const { hash } = Image.debianSlim();
  expect(resolveSpec(app).images).toMatchObject([
    { hash, base: "debian:bookworm-slim", layers: [] },
  ]);
  expect(resolveSpec(app).functions).toMatchObject([{ image: hash }]);
  expect(resolveSpec(new App("empty")).images).toEqual([]);
});

test("functions of an included app keep the image of their app", () => {
  const inner = new App("inner", { image: Image.debianSlim().aptInstall("curl") });
  inner.function("resize", () => 1);

  const outer = new App("outer", { image: Image.debianSlim().aptInstall("git") }).include(inner);

  expect(resolveSpec(outer).images).toHaveLength(1);
  expect(resolveSpec(outer).images[0]?.dockerfile).toContain("curl");
});
