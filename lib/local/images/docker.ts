import { execFile, spawn } from "node:child_process";
import { ExecutionError } from "../../errors.ts";

/** How Docker builds: with BuildKit by its plugin buildx, with the BuildKit of an older Docker, or without. */
export type Builder = "buildx" | "buildkit" | "legacy";

/** How a program of Docker ended. */
export interface DockerEnd {
  /** `null`: it could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  /** Both streams as they came. */
  readonly output: string;
}

export interface DockerOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** The first Docker whose client has no BuildKit of its own. */
const FIRST_WITH_PLUGIN = 23;

/** The program; the CDK takes another one by the same variable. */
export function dockerProgram(): string {
  return process.env["CDK_DOCKER"] || "docker";
}

/** Runs Docker to its end. Does not throw. */
export function docker(args: readonly string[], options: DockerOptions = {}): Promise<DockerEnd> {
  return new Promise((resolve) => {
    const child = spawn(dockerProgram(), args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
    });
    let [stdout, output, rest] = ["", "", ""];
    const add = (chunk: Buffer): void => {
      const text = chunk.toString("utf8");
      output += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) options.onLine?.(line);
    };
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString("utf8");
      add(chunk);
    });
    child.stderr.on("data", add);
    child.on("error", (error) => resolve({ code: null, stdout, output: error.message }));
    child.on("close", (code) => {
      if (rest !== "") options.onLine?.(rest);
      resolve({ code, stdout, output });
    });
  });
}

/** How Docker of this machine builds. @throws ExecutionError when it does not answer */
export async function findBuilder(): Promise<Builder> {
  const server = await docker(["version", "--format", "{{.Client.Version}} {{.Server.Version}}"]);
  if (server.code !== 0) throw noDocker(server.output);
  const isChosen = process.env["DOCKER_BUILDKIT"] === "0";
  if (isChosen) return "legacy";
  if (await answers(["buildx", "version"])) return "buildx";
  const [client = ""] = server.stdout.split(".");
  return Number(client) < FIRST_WITH_PLUGIN ? "buildkit" : "legacy";
}

/** Whether Docker of this machine keeps layers as a build has compressed them: with the image store of containerd. */
export async function keepsZstd(): Promise<boolean> {
  const { code, stdout } = await docker(["info", "--format", "{{json .DriverStatus}}"]);
  return code === 0 && stdout.includes("io.containerd.snapshotter");
}

function answers(args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(dockerProgram(), [...args], (error) => resolve(error === null));
  });
}

function noDocker(output: string): ExecutionError {
  return new ExecutionError(
    "WINDLASS_NO_DOCKER",
    `Docker does not answer: ${output.trim().split("\n").at(-1) ?? ""}`,
    { hint: "install or start Docker" },
  );
}
