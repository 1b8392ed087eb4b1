import { UsageError } from "../usage-error.ts";

/** Options of `windlass serve` as flags. */
export const SERVE_OPTIONS: readonly (readonly [flags: string, description: string])[] = [
  ["--port <n>", "the first port; each function gets the next that is free (default: 8000)"],
  ["--host <address>", "where to listen (default: 127.0.0.1; 0.0.0.0 for every interface)"],
  ["--no-reload", "keep the code of the start when files are saved"],
  ["--no-venv", "run Python functions with the Python and the packages of this machine"],
  ["--json", "print URLs as JSON; output of containers goes to standard error"],
  ["--quiet", "no notices, and no names before the output of containers"],
  ["--debug", "show stack traces of Windlass too"],
];

/** How to serve an app. */
export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly reloads: boolean;
  readonly usesVenv: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Reads the options from parsed flags. @throws UsageError for a port that is none */
export function toServeOptions(parsed: Readonly<Record<string, unknown>>): ServeOptions {
  return {
    port: toPort(parsed["port"] ?? "8000"),
    host: String(parsed["host"] ?? "127.0.0.1"),
    reloads: parsed["reload"] !== false,
    usesVenv: parsed["venv"] !== false,
    json: parsed["json"] === true,
    quiet: parsed["quiet"] === true,
  };
}

function toPort(given: unknown): number {
  const port = Number(given);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new UsageError("WINDLASS_PORT", `\`--port\` must be 1 to 65535, got "${String(given)}"`, {
    hint: "write for instance `--port 8000`",
  });
}
