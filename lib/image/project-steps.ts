import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { InvalidError, NotFoundError } from "../errors.ts";
import { show, showList } from "../options/show.ts";
import { CACHES } from "./caches.ts";
import { takeFile } from "./file-steps.ts";
import type { Step } from "./layer.ts";
import { type PlacedPath, resolvePath } from "./placed-path.ts";
import type { PoetryInstallOptions, PyprojectOptions, UvSyncOptions } from "./python-options.ts";
import {
  BUILD_FOLDER,
  PIP,
  pipStep,
  UV_FLAGS,
  UV_VERSION,
  uvLines,
  uvProgram,
} from "./python-steps.ts";
import { instruct, type RunContext, runAll, words } from "./quote.ts";
import { DIRECTORY } from "./steps.ts";

const POETRY_VERSION = "2.5.1";
/** The project of `uvSync`, with its virtual environment. */
const UV_PROJECT = `${DIRECTORY}/uv-project`;

type Table = Readonly<Record<string, unknown>>;

/** The dependencies that a `pyproject.toml` names, by pip. */
export function pyprojectStep(
  file: PlacedPath,
  { optionalDependencies = [], ...options }: PyprojectOptions,
  context: RunContext,
): Step {
  const path = resolvePath(file);
  const project = tableIn(readToml(path), "project");
  if (project["dependencies"] === undefined && optionalDependencies.length === 0) {
    throw new InvalidError(
      "WINDLASS_PYPROJECT_WITHOUT_DEPENDENCIES",
      `"${path}" has no \`project.dependencies\``,
      { hint: "name them there, or name a group in `optionalDependencies`" },
    );
  }
  const optional = tableIn(project, "optional-dependencies");
  const unknown = optionalDependencies.filter((group) => optional[group] === undefined);
  if (unknown.length > 0) {
    throw new InvalidError(
      "WINDLASS_UNKNOWN_DEPENDENCY_GROUP",
      `"${path}" has no optional dependencies ${showList(unknown.map(show), "and")}`,
      { hint: `it has: ${Object.keys(optional).sort().join(", ") || "none"}` },
    );
  }
  const groups = optionalDependencies.map((group) => optional[group]);
  const packages = [project["dependencies"] ?? [], ...groups].flat() as string[]; // By its format.
  return pipStep(packages, options, context);
}

/** Makes the environment of a project of uv, and the first Python that is found. */
export function uvSyncStep(
  folder: PlacedPath,
  options: UvSyncOptions,
  { before, ...context }: RunContext & { readonly before: readonly string[] },
): Step {
  const { groups = [], extras = [], frozen = true, extraOptions = [] } = options;
  const { uvVersion = UV_VERSION } = options;
  const at = (name: string): PlacedPath => ({
    path: join(resolvePath(folder), name),
    place: undefined,
  });
  const uv = tableIn(tableIn(readToml(at("pyproject.toml").path), "tool"), "uv");
  if (uv["workspace"] !== undefined) {
    throw new InvalidError(
      "WINDLASS_UV_WORKSPACE",
      `uvSync() takes no workspace of uv, and "${at("pyproject.toml").path}" is one`,
      { hint: "give the folder of a project without `tool.uv.workspace`" },
    );
  }
  const names = ["pyproject.toml", ...(frozen || exists(at("uv.lock").path) ? ["uv.lock"] : [])];
  const taken = names.map((name) => takeFile(at(name)));
  const args = [
    ...groups.map((group) => `--group=${group}`),
    ...extras.map((extra) => `--extra=${extra}`),
    ...(frozen ? ["--frozen"] : []),
    ...extraOptions,
  ];
  const sync = `${uvProgram(uvVersion)} sync --project ${UV_PROJECT} --no-install-project ${UV_FLAGS}`;
  const command = [sync, ...(args.length > 0 ? [words(args)] : [])].join(" ");
  return {
    kind: "uvSync",
    commands: [
      ...uvLines(uvVersion, before),
      instruct("COPY", [...taken.map(({ path }) => path), `${UV_PROJECT}/`]),
      ...runAll([command], { ...context, caches: [CACHES.uv] }),
      // Of a Dockerfile, which fills the variable in.
      `ENV PATH="${UV_PROJECT}/.venv/bin:$PATH"`,
    ],
    files: taken.map(({ hash, files }) => ({ hash, files })),
    secrets: context.secrets,
  };
}

/** What the lock file of a project of Poetry says, installed into the Python of the image. */
export function poetryStep(
  file: PlacedPath,
  options: PoetryInstallOptions,
  context: RunContext,
): Step {
  const { ignoreLockfile = false, poetryVersion = POETRY_VERSION } = options;
  const project = resolvePath(file);
  const lock: PlacedPath =
    options.lockfile === undefined
      ? { path: join(dirname(project), "poetry.lock"), place: undefined }
      : { path: options.lockfile, place: file.place };
  const files = [
    { taken: takeFile(file), name: "pyproject.toml" },
    ...(ignoreLockfile ? [] : [{ taken: takeFile(lock), name: "poetry.lock" }]),
  ];
  const folder = `${BUILD_FOLDER}/poetry`;
  const groups = (["with", "without", "only"] as const).flatMap((name) => {
    const given = options[name] ?? [];
    return given.length === 0 ? [] : [`--${name}`, given.join(",")];
  });
  const install = [
    "poetry install --no-root --no-interaction",
    ...groups.map((one) => words([one])),
  ];
  const commands = [
    `${PIP} poetry==${poetryVersion}`,
    `cd ${folder} && POETRY_VIRTUALENVS_CREATE=false POETRY_CACHE_DIR=${CACHES.poetry.folder} ${install.join(" ")}`,
  ];
  return {
    kind: "poetry",
    commands: [
      ...files.map(({ taken, name }) => instruct("COPY", [taken.path, `${folder}/${name}`])),
      ...runAll(commands, { ...context, caches: [CACHES.pip, CACHES.poetry] }),
    ],
    files: files.map(({ taken }) => ({ hash: taken.hash, files: taken.files })),
    secrets: context.secrets,
  };
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

function readToml(file: string): Table {
  if (!exists(file)) {
    throw new NotFoundError("WINDLASS_LOCAL_FILE_MISSING", `there is no file "${file}"`, {
      hint: "correct the path: a relative one is from the file that names it",
    });
  }
  // Loaded by who has such a project.
  const { parse } = createRequire(import.meta.url)("smol-toml") as typeof import("smol-toml");
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new InvalidError("WINDLASS_INVALID_TOML", `"${file}" is not TOML: ${String(cause)}`, {
      cause,
      hint: "correct the file",
    });
  }
}

function tableIn(table: Table, name: string): Table {
  const value = table[name];
  return typeof value === "object" && value !== null ? (value as Table) : {};
}
