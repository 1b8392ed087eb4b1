import { nodeTag } from "./base.ts";
import { aptCache, CACHES, type Cache } from "./caches.ts";
import type { Step } from "./layer.ts";
import { quote, type RunContext, run, runAll, setEnv, sorted, words } from "./quote.ts";

/** Packages of npm are in its `node_modules`, which lies beside the user's bundle as well: imports find them. */
export const DIRECTORY = "/opt/windlass";

/** What a step of an image knows of where it stands. */
export interface StepContext extends RunContext {
  /** The tag that the image builds on. */
  readonly base: string;
}

export function aptStep(packages: readonly string[], context: StepContext): Step {
  return { kind: "apt", commands: aptLines(packages, context), secrets: context.secrets };
}

export function aptLines(packages: readonly string[], context: StepContext): string[] {
  const cache = aptCache(context.base);
  return runAll([aptInstall(packages, cache)], { ...context, caches: [cache] });
}

export function npmStep(packages: readonly string[], context: RunContext): Step {
  const cache = CACHES.npm;
  const flags = `--prefix ${DIRECTORY} --cache ${cache.folder} --no-audit --no-fund --no-update-notifier`;
  // Saved in package.json: else the next installation would remove these as extraneous.
  const install = `npm install ${flags} ${words(sorted(packages))}`;
  const commands = runAll([`mkdir -p ${DIRECTORY} && ${install}`], { ...context, caches: [cache] });
  return { kind: "npm", commands, secrets: context.secrets };
}

/** Node and npm from their official image, for a base that has neither. */
export function nodeStep(version: string, base: string): Step {
  const from = `COPY --from=${nodeTag(version)}`;
  const modules = "/usr/local/lib/node_modules";
  const links = ["npm", "npx"]
    .map((name) => `ln -sf ../lib/node_modules/npm/bin/${name}-cli.js /usr/local/bin/${name}`)
    .join(" && ");
  const cache = aptCache(base);
  // Node 25 and later need a library that images without Node lack.
  const check = `(node --version || (${aptInstall(["libatomic1"], cache)} && node --version))`;
  return {
    kind: "node",
    commands: [
      `${from} /usr/local/bin/node /usr/local/bin/node`,
      `${from} ${modules} ${modules}`,
      run(`${links} && ${check}`, { caches: [cache] }),
    ],
  };
}

export function envStep(values: Readonly<Record<string, string>>): Step {
  const names = sorted(Object.keys(values));
  return { kind: "env", commands: names.map((name) => setEnv(name, values[name] ?? "")) };
}

export function runStep(commands: readonly string[], context: RunContext): Step {
  return { kind: "run", commands: runAll(commands, context), secrets: context.secrets };
}

function aptInstall(packages: readonly string[], { folder }: Cache): string {
  const options = [
    `Dir::State::lists=${folder}/lists`,
    `Dir::Cache::archives=${folder}/archives`,
    // Debian's images have apt forget what it downloaded.
    "Dir::Cache::pkgcache=",
    "Dir::Cache::srcpkgcache=",
    "APT::Keep-Downloaded-Packages=true",
  ].map((option) => `-o ${quote(option)}`);
  const folders = `mkdir -p ${folder}/lists/partial ${folder}/archives/partial`;
  const install = 'DEBIAN_FRONTEND=noninteractive apt-get "$@" install -y --no-install-recommends';
  return [
    `set -- ${options.join(" ")}`,
    folders,
    'apt-get "$@" update',
    `${install} ${words(sorted(packages))}`,
  ].join(" && ");
}
