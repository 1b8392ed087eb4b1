import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BenchError } from "./bench-error.ts";

const START_TIMEOUT_MS = 10_000;

/** A Redis of the bench's own: a free port, a temporary folder, an append-only file flushed every second. */
export interface Redis extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

/** @throws Error naming the command that installs `redis-server` when there is none */
export async function startRedis(): Promise<Redis> {
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    throw new BenchError(
      "redis-server is not installed: run `apt-get update && apt-get install -y redis-server`",
    );
  }
  const directory = mkdtempSync(join(tmpdir(), "windlass-bench-redis-"));
  const port = await freePort();
  const child = spawn("redis-server", settings(port, directory), { stdio: "ignore" });
  const stop = (): void => {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  process.once("exit", stop);
  await waitForPort(port, child);
  return {
    port,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      process.off("exit", stop);
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
      stop();
    },
  };
}

function settings(port: number, directory: string): string[] {
  const values = {
    port: String(port),
    bind: "127.0.0.1",
    dir: directory,
    save: "",
    appendonly: "yes",
    appendfsync: "everysec",
  };
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new BenchError("no free port");
  return address.port;
}

async function waitForPort(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null)
      throw new BenchError(`redis-server ended with code ${child.exitCode}`);
    if (performance.now() > deadline) throw new BenchError("redis-server did not start");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
  });
}
