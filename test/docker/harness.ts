import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The client that tests build with; null where this machine can have no Docker. */
    readonly docker: string | null;
  }
}

const UP = fileURLToPath(new URL("../e2e-aws/emulator/docker.sh", import.meta.url));
// What docker.sh answers where something is missing that it cannot install (EX_UNAVAILABLE).
const UNAVAILABLE = 69;

/** Brings Docker up and leaves it up. */
export function setup(project: TestProject): void {
  const { status, stderr } = spawnSync(UP, { encoding: "utf8", timeout: 600_000 });
  if (status === 0) {
    project.provide("docker", clientWithBuildKit());
    return;
  }
  const reason = stderr.trim();
  if (status !== UNAVAILABLE || process.env.CI !== undefined) {
    throw new Error(`Docker did not start: ${reason}`);
  }
  console.log(`skipped every test with Docker: ${reason.split("\n").at(-1)}`);
  project.provide("docker", null);
}

/** That of Debian has BuildKit built in; another one may lack its plugin. */
function clientWithBuildKit(): string {
  const hasPlugin = spawnSync("docker", ["buildx", "version"]).status === 0;
  if (hasPlugin) return "docker";
  const clients = ["docker", "/usr/bin/docker"];
  const client = clients.find((one) => {
    const { stdout } = spawnSync(one, ["version", "--format", "{{.Client.Version}}"]);
    return stdout !== null && Number.parseInt(stdout.toString(), 10) < 23;
  });
  if (client === undefined) throw new Error("no client of Docker on this machine has BuildKit");
  return client;
}
