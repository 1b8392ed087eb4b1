import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { App, Image, type ImagePython, resolveSpec, Secret } from "windlass";
import { errorOf, mistake } from "./mistake.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "windlass-steps-"));
  const files = {
    "requirements.txt": "# pinned\nnumpy==2.1.0\n\n--find-links https://a/b\n--pre\nsix # small\n",
    "pyproject.toml":
      '[project]\ndependencies = ["numpy>=2", "six"]\n[project.optional-dependencies]\ngpu = ["torch"]\n',
    "poetry.lock": "",
    "uv.lock": "",
    "spec.txt": "python=3.12\n",
    "weights.py": "def download(name): pass\n",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const base = Image.debianSlim({ python: "3.12" });

/** Instructions that an image adds to its base, without hashes of files. */
function added(image: Image): string {
  return image.layers
    .flatMap(({ commands }) => commands)
    .join("\n")
    .replaceAll(/[0-9a-f]{64}/g, "HASH")
    .replaceAll(/\b[0-9a-f]{12}-/g, "SHORT-")
    .replaceAll(/build\/[0-9a-f]{12}\//g, "build/SHORT/");
}

function pythonOf(image: Image): ImagePython | null | undefined {
  const app = new App("media", { image });
  app.function("f", () => 1);
  return resolveSpec(app).images[0]?.python;
}

test("what files of Python projects name is installed from a copy of the file", () => {
  const at = (name: string): string => join(folder, name);

  expect(added(base.pipInstallFromRequirements(at("requirements.txt")))).toMatchInlineSnapshot(`
    "COPY ["files/HASH/requirements.txt","/opt/windlass/build/SHORT-requirements.txt"]
    RUN --mount=type=cache,id=windlass-pip,target=/var/cache/windlass/pip,mode=0777 ["/bin/sh","-c","python3 -m pip install --cache-dir /var/cache/windlass/pip --disable-pip-version-check --requirement /opt/windlass/build/SHORT-requirements.txt"]"
  `);
  expect(
    added(base.pipInstallFromPyproject(at("pyproject.toml"), { optionalDependencies: ["gpu"] })),
  ).toMatchInlineSnapshot(
    `"RUN --mount=type=cache,id=windlass-pip,target=/var/cache/windlass/pip,mode=0777 ["/bin/sh","-c","python3 -m pip install --cache-dir /var/cache/windlass/pip --disable-pip-version-check 'numpy>=2' six torch"]"`,
  );
  expect(
    added(base.uvPipInstall("einops", { requirements: [at("requirements.txt")] })),
  ).toMatchInlineSnapshot(`
    "RUN --mount=type=cache,id=windlass-pip,target=/var/cache/windlass/pip,mode=0777 ["/bin/sh","-c","python3 -m pip install --cache-dir /var/cache/windlass/pip --disable-pip-version-check --target /opt/windlass/uv-0.13.9 uv==0.13.9"]
    COPY ["files/HASH/requirements.txt","/opt/windlass/build/SHORT-requirements.txt"]
    RUN --mount=type=cache,id=windlass-uv,target=/var/cache/windlass/uv,mode=0777 ["/bin/sh","-c","/opt/windlass/uv-0.13.9/bin/uv pip install --python \\"$(command -v python3)\\" --cache-dir /var/cache/windlass/uv --link-mode copy --compile-bytecode --requirement /opt/windlass/build/SHORT-requirements.txt einops"]"
  `);
  expect(
    added(base.uvSync(folder, { groups: ["dev"], extras: ["gpu"], extraOptions: ["--no-build"] })),
  ).toMatchInlineSnapshot(`
    "RUN --mount=type=cache,id=windlass-pip,target=/var/cache/windlass/pip,mode=0777 ["/bin/sh","-c","python3 -m pip install --cache-dir /var/cache/windlass/pip --disable-pip-version-check --target /opt/windlass/uv-0.13.9 uv==0.13.9"]
    COPY ["files/HASH/pyproject.toml","files/HASH/uv.lock","/opt/windlass/uv-project/"]
    RUN --mount=type=cache,id=windlass-uv,target=/var/cache/windlass/uv,mode=0777 ["/bin/sh","-c","/opt/windlass/uv-0.13.9/bin/uv sync --project /opt/windlass/uv-project --no-install-project --cache-dir /var/cache/windlass/uv --link-mode copy --compile-bytecode --group=dev --extra=gpu --frozen --no-build"]
    ENV PATH="/opt/windlass/uv-project/.venv/bin:$PATH""
  `);
  expect(
    added(base.poetryInstall(at("pyproject.toml"), { without: ["dev", "docs"] })),
  ).toMatchInlineSnapshot(`
    "COPY ["files/HASH/pyproject.toml","/opt/windlass/build/poetry/pyproject.toml"]
    COPY ["files/HASH/poetry.lock","/opt/windlass/build/poetry/poetry.lock"]
    RUN --mount=type=cache,id=windlass-pip,target=/var/cache/windlass/pip,mode=0777 --mount=type=cache,id=windlass-poetry,target=/var/cache/windlass/poetry,mode=0777 ["/bin/sh","-c","python3 -m pip install --cache-dir /var/cache/windlass/pip --disable-pip-version-check poetry==2.5.1"]
    RUN --mount=type=cache,id=windlass-pip,target=/var/cache/windlass/pip,mode=0777 --mount=type=cache,id=windlass-poetry,target=/var/cache/windlass/poetry,mode=0777 ["/bin/sh","-c","cd /opt/windlass/build/poetry && POETRY_VIRTUALENVS_CREATE=false POETRY_CACHE_DIR=/var/cache/windlass/poetry poetry install --no-root --no-interaction --without dev,docs"]"
  `);
});

test("a run on this machine installs the same packages", () => {
  const python = pythonOf(
    base
      .pipInstallFromRequirements(join(folder, "requirements.txt"))
      .pipInstallFromPyproject(join(folder, "pyproject.toml")),
  );

  expect(python?.installs).toEqual([
    { tool: "pip", arguments: ["numpy==2.1.0", "--find-links", "https://a/b", "--pre", "six"] },
    { tool: "pip", arguments: ["numpy>=2", "six"] },
  ]);
});

test("projects that cannot be installed say why", () => {
  writeFileSync(join(folder, "workspace.toml"), "");
  const workspace = mkdtempSync(join(folder, "ws-"));
  writeFileSync(join(workspace, "pyproject.toml"), '[tool.uv.workspace]\nmembers = ["a"]\n');
  const broken = mkdtempSync(join(folder, "broken-"));
  writeFileSync(join(broken, "pyproject.toml"), "[project\n");

  const codes = [
    () => base.uvSync(workspace).hash,
    () => base.uvSync(broken).hash,
    () => base.uvSync(join(folder, "none")).hash,
    () => base.pipInstallFromPyproject(join(workspace, "pyproject.toml")).hash,
    () =>
      base.pipInstallFromPyproject(join(folder, "pyproject.toml"), {
        optionalDependencies: ["tpu"],
      }).hash,
    () => base.poetryInstall(join(workspace, "pyproject.toml")).hash,
    () => Image.debianSlim().uvSync(folder).hash,
  ].map((use) => errorOf(use).code);

  expect(codes).toEqual([
    "WINDLASS_UV_WORKSPACE",
    "WINDLASS_INVALID_TOML",
    "WINDLASS_LOCAL_FILE_MISSING",
    "WINDLASS_PYPROJECT_WITHOUT_DEPENDENCIES",
    "WINDLASS_UNKNOWN_DEPENDENCY_GROUP",
    "WINDLASS_LOCAL_FILE_MISSING",
    "WINDLASS_IMAGE_WITHOUT_PYTHON",
  ]);
});

test("private repositories are installed by a token that pip never sees", () => {
  const image = base.pipInstallPrivateRepos(
    "github.com/team/package@v1.2.0",
    "gitlab.com/team/other",
    { gitUser: "ada", secrets: [Secret.fromName("git")] },
  );

  expect(image.layers[0]?.commands.at(-1)).toMatchInlineSnapshot(
    `"RUN --mount=type=cache,id=windlass-pip,target=/var/cache/windlass/pip,mode=0777 --mount=type=secret,id=git,target=/run/secrets/git,required=true,mode=0444 ["/bin/sh","-c",". /run/secrets/git && : \\"\${GITHUB_TOKEN:?is in no secret of pipInstallPrivateRepos()}\\" && : \\"\${GITLAB_TOKEN:?is in no secret of pipInstallPrivateRepos()}\\" && export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=\\"url.https://\\"ada\\":$GITHUB_TOKEN@github.com/.insteadOf\\" GIT_CONFIG_VALUE_0=https://github.com/ GIT_CONFIG_KEY_1=\\"url.https://\\"ada\\":$GITLAB_TOKEN@gitlab.com/.insteadOf\\" GIT_CONFIG_VALUE_1=https://gitlab.com/ && python3 -m pip install --cache-dir /var/cache/windlass/pip --disable-pip-version-check git+https://github.com/team/package@v1.2.0 git+https://gitlab.com/team/other"]"`,
  );
  expect(
    mistake(() => base.pipInstallPrivateRepos("bitbucket.org/a/b", { gitUser: "" })),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_SEVERAL_MISTAKES
    pipInstallPrivateRepos() has 3 mistakes
      \`gitUser\` of pipInstallPrivateRepos() must be the name of the user whose token it has; write for instance \`gitUser: "erikbern"\` (WINDLASS_INVALID_GIT_USER)
      pipInstallPrivateRepos() needs a secret with the token of the repositories; write \`secrets: [Secret.fromName("github")]\`, with the variable GITHUB_TOKEN or GITLAB_TOKEN (WINDLASS_PRIVATE_REPOS_WITHOUT_SECRET)
      1 of 1 repositories of pipInstallPrivateRepos() are none: "bitbucket.org/a/b"; write "github.com/team/package" or "gitlab.com/team/package", with "@v1.2.0" for a version (WINDLASS_INVALID_REPOSITORY)
    hint: correct each of them"
  `);
});

test("micromamba has a Python of its own, and installs packages and files of specs", () => {
  const image = Image.micromamba({ python: "3.12" }).micromambaInstall("pymc==5.10.4", "graphviz", {
    channels: ["conda-forge", "bioconda"],
    specFile: join(folder, "spec.txt"),
  });

  expect(image.base).toBe("mambaorg/micromamba:2.1.1-debian12-slim");
  expect(added(image)).toMatchInlineSnapshot(`
    "USER root
    ENV MAMBA_ROOT_PREFIX="/opt/conda" PATH="/opt/conda/bin:$PATH"
    RUN --mount=type=cache,id=windlass-micromamba,target=/var/cache/windlass/micromamba,sharing=locked,mode=0777 ["/bin/sh","-c","CONDA_PKGS_DIRS=/var/cache/windlass/micromamba micromamba install --name base --yes --always-copy --channel conda-forge python=3.12 pip"]
    COPY ["files/HASH/spec.txt","/opt/windlass/build/SHORT-spec.txt"]
    RUN --mount=type=cache,id=windlass-micromamba,target=/var/cache/windlass/micromamba,sharing=locked,mode=0777 ["/bin/sh","-c","CONDA_PKGS_DIRS=/var/cache/windlass/micromamba micromamba install --name base --yes --always-copy --channel conda-forge --channel bioconda --file /opt/windlass/build/SHORT-spec.txt graphviz pymc==5.10.4"]"
  `);
});

test("a step has its secrets and variables while it runs, and its layer has neither", () => {
  const secrets = [Secret.fromName("hf"), Secret.fromDict({ TOKEN: "x" })];
  const image = base
    .runCommands("get", { secrets, env: { B: "it's", A: "1" } })
    .pipInstall("numpy", { secrets: [Secret.fromDict({ TOKEN: "y" })] });
  const app = new App("media", { image });
  app.function("f", () => 1);

  expect(image.layers[0]?.commands[0]).toMatchInlineSnapshot(
    `"RUN --mount=type=secret,id=hf,target=/run/secrets/hf,required=true,mode=0444 --mount=type=secret,id=inline-0,target=/run/secrets/inline-0,required=true,mode=0444 ["/bin/sh","-c",". /run/secrets/hf && . /run/secrets/inline-0 && export A=1 B='it'\\\\''s' && get"]"`,
  );
  expect(image.layers[1]?.commands[0]).toContain("id=inline-1,");
  expect(resolveSpec(app).images[0]?.secrets).toEqual([
    { id: "hf", name: "hf" },
    { id: "inline-0", name: null },
    { id: "inline-1", name: null },
  ]);
  expect(image.hash).toBe(
    base
      .runCommands("get", {
        secrets: [Secret.fromName("hf"), Secret.fromDict({ TOKEN: "other" })],
        env: { A: "1", B: "it's" },
      })
      .pipInstall("numpy", { secrets: [Secret.fromDict({ TOKEN: "other" })] }).hash,
  );
});

test("a function of the module is run by its name, again when it or its arguments change", () => {
  async function download(name: string): Promise<string> {
    return name;
  }
  const once = base.runFunction(download, { args: ["llama"], timeoutSeconds: 60 });
  const twice = base.runFunction(download, { args: ["llama"], timeoutSeconds: 60 });
  const other = base.runFunction(download, { args: ["mistral"], timeoutSeconds: 60 });
  const app = new App("media", { image: once });
  app.function("f", () => 1);

  const [command = ""] = once.layers[0]?.commands ?? [];
  expect(command).toContain("timeout 60 /run/windlass/node");
  expect(command).toMatch(/ download '\[\\"llama\\"\]' [0-9a-f]{16}"\]$/);
  expect(twice.hash).toBe(once.hash);
  expect(other.hash).not.toBe(once.hash);
  expect(resolveSpec(app).images[0]?.runsCode).toBe(true);
});

test("a function of a Python file is run from a copy of the file", () => {
  // Relative to this file, as its name must be.
  const image = base.runFunction("../fixtures/apps/none.py:download", { args: ["llama"] });

  expect(errorOf(() => image.hash).code).toBe("WINDLASS_LOCAL_FILE_MISSING");
  expect(
    [
      () =>
        base.runFunction(
          (
            () => () =>
              1
          )(),
        ),
      () => base.runFunction("download"),
      () => base.runFunction(download, { args: [() => 1] }),
      () => base.runFunction(download, { timeoutSeconds: 0 }),
    ]
      .map(mistake)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_BUILD_FUNCTION
    runFunction() takes a function with a name, or one of a Python file, got a function
    hint: write \`function download() { … }\` and pass \`download\`, or "weights.py:download"

    InvalidError WINDLASS_INVALID_BUILD_FUNCTION
    runFunction() takes a function with a name, or one of a Python file, got "download"
    hint: write \`function download() { … }\` and pass \`download\`, or "weights.py:download"

    InvalidError WINDLASS_INVALID_BUILD_ARGUMENTS
    \`args\` of runFunction() must be a list of values of JSON, got [null]
    hint: write for instance \`args: ["org/model", 3]\`

    InvalidError WINDLASS_INVALID_TIMEOUT
    \`timeoutSeconds\` of runFunction() must be a whole number from 1 to 86400, got 0
    hint: leave it out for an hour"
  `);
});

function download(): void {}

test("a forced step is run again with each build, and the image is the same", () => {
  const image = base.runCommands("date", { forceBuild: true });
  const app = new App("media", { image });
  app.function("f", { gpu: "L4" }, () => 1);

  expect(image.layers[0]?.commands).toEqual([
    "ARG WINDLASS_FORCE_BUILD",
    'RUN ["/bin/sh","-c","date"]',
  ]);
  expect(resolveSpec(app).images).toMatchObject([{ isForced: true, gpu: true }]);
  expect(Image.debianSlim({ forceBuild: true }).dockerfile).toBe(
    "FROM debian:bookworm-slim\nARG WINDLASS_FORCE_BUILD\n",
  );
});

test("the shell of later commands is that of the user, and of no other step", () => {
  const image = base.shell(["/bin/bash", "-euc"]).runCommands("a | b").aptInstall("curl");

  expect(added(image)).toContain('SHELL ["/bin/bash","-euc"]\nRUN ["/bin/bash","-euc","a | b"]');
  expect(image.layers.at(-1)?.commands[0]).toContain('["/bin/sh","-c"');
});

test("entrypoint, command and working directory are set", () => {
  const image = base.entrypoint(["/init", "--"]).cmd(["sh"]).workdir("/srv/$app");
  const app = new App("media", { image });
  app.function("f", () => 1);

  expect(added(image)).toBe('ENTRYPOINT ["/init","--"]\nCMD ["sh"]\nWORKDIR /srv/\\$app');
  expect(resolveSpec(app).images[0]?.entrypoint).toEqual(["/init", "--"]);
  expect(errorOf(() => base.entrypoint("sh" as never)).code).toBe("WINDLASS_INVALID_IMAGE_TEXT");
  expect(errorOf(() => base.workdir("srv")).code).toBe("WINDLASS_INVALID_REMOTE_PATH");
});

test("images of registries say how they are pulled", () => {
  const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/base:v3";
  const gcp = "europe-west1-docker.pkg.dev/p/r/base:v3";
  const registries = [
    Image.fromRegistry("ghcr.io/team/base:v3", { secret: Secret.fromName("ghcr") }),
    Image.fromRegistry("ghcr.io/team/base:v3"),
    Image.fromAwsEcr(ecr),
    Image.fromGcpArtifactRegistry(gcp, { secret: Secret.fromDict({ SERVICE_ACCOUNT_JSON: "{}" }) }),
  ].map((image) => {
    const app = new App("media", { image });
    app.function("f", () => 1);
    return resolveSpec(app).images[0]?.registry;
  });

  expect(registries).toEqual([
    { kind: "basic", secret: { id: "login", name: "ghcr" } },
    null,
    { kind: "ecr", secret: null },
    { kind: "gcp", secret: { id: "login", name: null } },
  ]);
  expect(errorOf(() => Image.fromAwsEcr("ubuntu")).code).toBe("WINDLASS_INVALID_REGISTRY");
  expect(errorOf(() => Image.fromGcpArtifactRegistry(ecr)).code).toBe("WINDLASS_INVALID_REGISTRY");
});

test("Python and instructions of a Dockerfile are added to an image of a registry", () => {
  const image = Image.fromRegistry("nvidia/cuda:12.8.1-runtime-ubuntu24.04", {
    addPython: "3.12",
    setupDockerfileCommands: ["USER root", "RUN apt-get remove -y python3"],
  });

  expect(image.layers[0]?.commands).toEqual(["USER root", "RUN apt-get remove -y python3"]);
  expect(image.layers[1]?.commands[0]).toContain("from=python:3.12-slim-bookworm");
  expect(pythonOf(image.pipInstall("numpy"))?.version).toBe("3.12");
});

test("an import of what only an image has is an error where it is used, and nowhere before", async () => {
  const present = await base.imports<typeof import("node:os")>("node:os");
  const absent = await base.imports<{ resize(): void }>("no-such-package-of-any-image");

  expect(present.EOL).toBe("\n");
  expect(mistake(() => absent.resize())).toMatchInlineSnapshot(`
    "ExecutionError WINDLASS_IMPORT_NOT_HERE
    "no-such-package-of-any-image" is used where it cannot be imported
    hint: use it in functions whose image installs it"
  `);
});
