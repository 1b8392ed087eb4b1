import { type BuildSecret, secretFile, secretMount } from "./build-secrets.ts";
import { type Cache, cacheMount } from "./caches.ts";

const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;
const SHELL: readonly string[] = ["/bin/sh", "-c"];

/** The variable that makes Docker run a step again: its value is another one in each build. */
export const FORCE = "ARG WINDLASS_FORCE_BUILD";

/** How a command is run. */
export interface RunContext {
  /** The program and its flags that take a command. @default - `/bin/sh -c` */
  readonly shell?: readonly string[] | undefined;
  readonly secrets?: readonly BuildSecret[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly isForced?: boolean | undefined;
  readonly caches?: readonly Cache[] | undefined;
  /** Further `--mount` flags. */
  readonly mounts?: readonly string[] | undefined;
}

/** A text as one word of a POSIX shell. */
export function quote(text: string): string {
  return SAFE.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function words(texts: readonly string[]): string {
  return texts.map(quote).join(" ");
}

/** Each once, by code units: the order in which they are named does not matter. */
export function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

/**
 * A shell command as an instruction of a Dockerfile. In JSON form: line breaks, `<<`, comments and a `\` at the end
 * would else be syntax of the Dockerfile.
 */
export function run(command: string, context: RunContext = {}): string {
  const { shell = SHELL, caches = [], secrets = [], mounts = [], env = {} } = context;
  const flags = [...caches.map(cacheMount), ...secrets.map(secretMount), ...mounts];
  const exports = sorted(Object.keys(env)).map((name) => `${name}=${quote(env[name] ?? "")}`);
  const before = [
    ...secrets.map((secret) => `. ${secretFile(secret)} && `),
    ...(exports.length > 0 ? [`export ${exports.join(" ")} && `] : []),
  ].join("");
  return ["RUN", ...flags, JSON.stringify([...shell, `${before}${command}`])].join(" ");
}

/** Commands as instructions, one after the other. */
export function runAll(commands: readonly string[], context: RunContext): string[] {
  const instructions = commands.map((command) => run(command, context));
  return context.isForced === true ? [FORCE, ...instructions] : instructions;
}

/** An environment variable as an instruction of a Dockerfile; its value is on one line. */
export function setEnv(name: string, value: string): string {
  return `ENV ${name}="${value.replaceAll(/[\\"$]/g, (char) => `\\${char}`)}"`;
}

/** An instruction whose arguments are data. */
export function instruct(name: string, args: readonly string[]): string {
  return `${name} ${JSON.stringify(args)}`;
}
