import { nodeTag } from "./base.ts";
import type { Step } from "./layer.ts";
import type { PipInstallOptions, UvPipInstallOptions } from "./python-options.ts";
import { quote, run, setEnv } from "./quote.ts";

/** Packages of npm are in its `node_modules`, which lies beside the user's bundle as well: imports find them. */
const DIRECTORY = "/opt/windlass";
const UV_VERSION = "0.13.9";
const PIP_INSTALL = "python3 -m pip install --no-cache-dir --disable-pip-version-check";

export function aptStep(packages: readonly string[]): Step {
  return { kind: "apt", commands: [run(aptInstall(packages))] };
}

export function pipStep(packages: readonly string[], options: PipInstallOptions): Step {
  const pre = options.pre === true ? ["--pre"] : [];
  const args = [...pre, ...indexArguments(options), ...sorted(packages)];
  return {
    kind: "pip",
    commands: [run(`${PIP_INSTALL} ${words(args)}`)],
    install: { tool: "pip", arguments: args },
  };
}

/** Installs uv beside the user's packages, in an instruction of its own, unless `before` has it. */
export function uvPipStep(
  packages: readonly string[],
  { uvVersion = UV_VERSION, ...options }: UvPipInstallOptions,
  before: readonly string[],
): Step {
  const folder = `${DIRECTORY}/uv-${uvVersion}`;
  const uv = run(`${PIP_INSTALL} --target ${folder} uv==${uvVersion}`);
  const pre = options.pre === true ? ["--prerelease", "allow"] : [];
  const install = `${folder}/bin/uv pip install --python "$(command -v python3)" --no-cache --compile-bytecode`;
  const args = [...pre, ...indexArguments(options), ...sorted(packages)];
  return {
    kind: "uvPip",
    commands: [...(before.includes(uv) ? [] : [uv]), run(`${install} ${words(args)}`)],
    install: { tool: "uv", arguments: args },
  };
}

export function npmStep(packages: readonly string[]): Step {
  const cache = "/tmp/npm-cache";
  const flags = `--prefix ${DIRECTORY} --cache ${cache} --no-audit --no-fund --no-update-notifier`;
  // Saved in package.json: else the next installation would remove these as extraneous.
  const install = `npm install ${flags} ${words(sorted(packages))}`;
  return { kind: "npm", commands: [run(`mkdir -p ${DIRECTORY} && ${install} && rm -rf ${cache}`)] };
}

/** Node and npm from their official image, for a base that has neither. */
export function nodeStep(version: string): Step {
  const from = `COPY --from=${nodeTag(version)}`;
  const modules = "/usr/local/lib/node_modules";
  const links = ["npm", "npx"]
    .map((name) => `ln -sf ../lib/node_modules/npm/bin/${name}-cli.js /usr/local/bin/${name}`)
    .join(" && ");
  // Node 25 and later need a library that images without Node lack.
  const check = `(node --version || (${aptInstall(["libatomic1"])} && node --version))`;
  return {
    kind: "node",
    commands: [
      `${from} /usr/local/bin/node /usr/local/bin/node`,
      `${from} ${modules} ${modules}`,
      run(`${links} && ${check}`),
    ],
  };
}

export function envStep(values: Readonly<Record<string, string>>): Step {
  const names = sorted(Object.keys(values));
  return { kind: "env", commands: names.map((name) => setEnv(name, values[name] ?? "")) };
}

export function runStep(commands: readonly string[]): Step {
  return { kind: "run", commands: commands.map(run) };
}

function aptInstall(packages: readonly string[]): string {
  const install = "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends";
  return `apt-get update && ${install} ${words(sorted(packages))} && rm -rf /var/lib/apt/lists/*`;
}

function indexArguments(options: PipInstallOptions): string[] {
  const { findLinks, indexUrl, extraIndexUrl, extraOptions = [] } = options;
  const urls = [
    ["--find-links", findLinks],
    ["--index-url", indexUrl],
    ["--extra-index-url", extraIndexUrl],
  ] as const;
  return [
    ...urls.flatMap(([flag, url]) => (url === undefined ? [] : [flag, url])),
    ...extraOptions,
  ];
}

/** Each once, by code units: the order in which packages are named does not matter. */
function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

function words(texts: readonly string[]): string {
  return texts.map(quote).join(" ");
}
