import { pythonTag } from "./base.ts";
import { CACHES } from "./caches.ts";
import { takeFile } from "./file-steps.ts";
import type { Step } from "./layer.ts";
import type { PlacedPath } from "./placed-path.ts";
import { BUILD_FOLDER } from "./python-steps.ts";
import { instruct, quote, type RunContext, run, runAll, sorted, words } from "./quote.ts";

const PYTHON = "/run/windlass/python";
const MODULES = "import bz2, ctypes, lzma, sqlite3, ssl, zlib";

/**
 * Python of its official image, for a base that has none or another. With it come those of its libraries that the base
 * lacks: they are put where no library of the base is replaced.
 */
export function addPythonStep(version: string): Step {
  const copy = [
    `cp -a ${PYTHON}/usr/local/. /usr/local/`,
    // Not everywhere by itself.
    "mkdir -p /etc/ld.so.conf.d && echo /usr/local/lib > /etc/ld.so.conf.d/windlass-python.conf && ldconfig",
    // What its modules need and cannot be found here; then again, since those libraries may need others.
    `for turn in 1 2 3; do for lib in $(find /usr/local/bin /usr/local/lib -type f \\( -name 'python3*' -o -name '*.so*' \\) -exec ldd {} + 2>/dev/null | sed -n 's/^\\s*\\(\\S*\\) => not found.*/\\1/p' | sort -u); do file=$(find ${PYTHON}/lib ${PYTHON}/usr/lib -name "$lib" 2>/dev/null | head -n 1); if [ -n "$file" ]; then cp -L "$file" /usr/local/lib/; fi; done; ldconfig; done`,
    "ln -sf python3 /usr/local/bin/python",
    `python3 -c ${quote(MODULES)}`,
  ];
  const mounts = [`--mount=type=bind,from=${pythonTag(version)},target=${PYTHON}`];
  return { kind: "python", commands: [run(copy.join(" && "), { mounts })] };
}

/** The first steps on the image of micromamba: its Python is the first that is found. */
export function micromambaStep(python: string): Step {
  return {
    kind: "micromamba",
    commands: [
      "USER root",
      // Of a Dockerfile, which fills the variable in.
      'ENV MAMBA_ROOT_PREFIX="/opt/conda" PATH="/opt/conda/bin:$PATH"',
      ...runAll([micromamba([`python=${python}`, "pip"], ["conda-forge"])], {
        caches: [CACHES.micromamba],
      }),
    ],
  };
}

export interface MicromambaGiven {
  readonly packages: readonly string[];
  readonly channels: readonly string[];
  readonly specFile: PlacedPath | undefined;
}

export function micromambaInstallStep(
  { packages, channels, specFile }: MicromambaGiven,
  context: RunContext,
): Step {
  const taken = specFile === undefined ? undefined : takeFile(specFile);
  const target = `${BUILD_FOLDER}/${taken?.hash.slice(0, 12)}-spec.txt`;
  const file = taken === undefined ? [] : ["--file", target];
  const command = micromamba([...file, ...sorted(packages)], channels);
  return {
    kind: "micromamba",
    commands: [
      ...(taken === undefined ? [] : [instruct("COPY", [taken.path, target])]),
      ...runAll([command], { ...context, caches: [CACHES.micromamba] }),
    ],
    files: taken === undefined ? [] : [{ hash: taken.hash, files: taken.files }],
    secrets: context.secrets,
  };
}

/** The order of channels says which is asked first. */
function micromamba(args: readonly string[], channels: readonly string[]): string {
  const from = channels.flatMap((channel) => ["--channel", channel]);
  const cache = `CONDA_PKGS_DIRS=${CACHES.micromamba.folder}`;
  return `${cache} micromamba install --name base --yes --always-copy ${words([...from, ...args])}`;
}
