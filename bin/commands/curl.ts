import { spawn } from "node:child_process";
import { once } from "node:events";
import { ExecutionError, NotFoundError } from "../../lib/errors.ts";
import { projectRootOf, stateDirectoryOf } from "../../lib/local/project.ts";
import { readServing } from "../../lib/local/web/serving.ts";
import type { Invocation } from "../command-table.ts";
import { EXIT } from "../report.ts";

/** Sends a request by curl: to a URL, or to a function that is served. */
export async function run({ operands: [target = "", ...args] }: Invocation): Promise<number> {
  const child = spawn("curl", ["--config", "-", ...args, urlOf(target)], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  const missing = once(child, "error").then(([cause]) => {
    throw noCurl(cause);
  });
  // On its input: arguments of a process are for all to see.
  child.stdin.on("error", () => {});
  child.stdin.end(configuration());
  const [code] = (await Promise.race([once(child, "close"), missing])) as [number | null];
  return code ?? EXIT.failure;
}

function configuration(): string {
  const token = process.env["WINDLASS_TOKEN"];
  return token === undefined
    ? ""
    : `header = ${JSON.stringify(`Authorization: Bearer ${token}`)}\n`;
}

/** @throws NotFoundError for a function that nothing serves */
function urlOf(target: string): string {
  if (/^https?:\/\//.test(target)) return target;
  const [, name = "", path = ""] = /^([^/?]*)(.*)$/.exec(target) ?? [];
  const urls = readServing(stateDirectoryOf(projectRootOf(process.cwd())))?.urls ?? {};
  const url = Object.hasOwn(urls, name) ? urls[name] : undefined;
  if (url !== undefined) return `${url}${path.startsWith("/") ? "" : "/"}${path}`;
  const known = Object.keys(urls);
  throw new NotFoundError("WINDLASS_NOT_SERVED", `nothing serves "${name}" of this project`, {
    hint:
      known.length === 0
        ? "start `windlass serve <file>` first, or give a URL"
        : `it serves ${known.join(", ")}`,
  });
}

function noCurl(cause: unknown): ExecutionError {
  return new ExecutionError("WINDLASS_NO_CURL", "there is no program `curl` on this machine", {
    cause,
    hint: "install curl, or send the request with another program",
  });
}
