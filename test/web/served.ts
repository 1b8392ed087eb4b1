import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { findFreePort } from "../../runtime-shim/web/free-port.ts";
import { appProject, type Running, start } from "../cli/cli.ts";

/** An app that `windlass serve` serves. */
export interface Served extends AsyncDisposable {
  readonly root: string;
  readonly running: Running;
  /** The URL of a function of it, with what is below. */
  url(name: string, path?: string): string;
}

/** Serves a fixture of this folder, in a project of its own, until it is disposed. */
export async function serve(fixture: string, args: readonly string[] = []): Promise<Served> {
  const source = readFileSync(join(import.meta.dirname, fixture), "utf8");
  return await serveProject(appProject({ "app.ts": source }, afterAll), args);
}

/** Serves `app.ts` of a project until it is disposed. */
export async function serveProject(root: string, args: readonly string[] = []): Promise<Served> {
  const port = String(await findFreePort());
  const running = start(root, ["serve", "app.ts", "--json", "--port", port, ...args]);
  const [line = ""] = await running.seen(/^\{"urls".*$/m);
  const { urls } = JSON.parse(line) as { readonly urls: Readonly<Record<string, string>> };
  return {
    root,
    running,
    url: (name, path = "") => `${urls[name]}${path}`,
    async [Symbol.asyncDispose]() {
      running.child.kill("SIGTERM");
      await running.ended;
    },
  };
}
