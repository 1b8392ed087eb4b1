import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { ContainerStartupError } from "../../lib/errors.ts";
import type { BucketMountSpec } from "../../lib/spec.ts";
import type { SecretValues } from "../../lib/storage/secret-values.ts";
import type { BucketMountRequest } from "../bucket-mount/request.ts";
import { reap } from "./reaper.ts";

/** What cannot be mounted within this will not be. */
const MOUNT_MS = 30_000;

export interface BucketPlace {
  readonly mount: BucketMountSpec;
  /** Absolute. */
  readonly folder: string;
  /** The program that mounts it. */
  readonly program: string;
  /** Variables of its secret. @default - none: the credentials of this process */
  readonly secret?: SecretValues | undefined;
}

/** A bucket that is mounted. */
export interface MountedBucket {
  /** Unmounts it, once nothing uses it any more. */
  close(): Promise<void>;
}

/** Why no bucket can be mounted here; undefined where one can. */
export function fuseProblem(): string | undefined {
  if (process.platform !== "linux") return "buckets are mounted on Linux alone";
  if (!existsSync("/dev/fuse")) return "there is no /dev/fuse";
  try {
    accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
  } catch {
    return "/dev/fuse cannot be opened";
  }
  return process.getuid?.() === 0 ? undefined : "only root may mount";
}

/** Mounts a bucket in a process of its own. @throws ContainerStartupError saying why it cannot */
export async function mountBucket(place: BucketPlace): Promise<MountedBucket> {
  const { mount, folder, program, secret } = place;
  const child = spawn(process.execPath, [program], {
    stdio: ["pipe", "pipe", "inherit"],
    // A session of its own: Ctrl-C in a terminal must not unmount what a container still uses.
    detached: true,
    env: { ...process.env, ...secret },
  });
  reap(child);
  const request: BucketMountRequest = { mount, folder };
  child.stdin.on("error", () => {});
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const said = await firstLine(child);
  if (said !== "mounted") throw notMounted(mount, said);
  child.unref();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    close: async () => {
      child.stdin.end();
      if (child.exitCode === null) await ended;
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const give = (line: string): void => {
      clearTimeout(timer);
      resolve(line);
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      give(`it was not mounted within ${MOUNT_MS / 1000} s`);
    }, MOUNT_MS);
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.includes("\n")) give(text.trim());
    });
    child.once("error", (error) => give(error.message));
    child.once("exit", (code) => give(text.trim() || `its program ended with code ${code}`));
  });
}

function notMounted({ bucketName, path }: BucketMountSpec, why: string): ContainerStartupError {
  const message = `bucket "${bucketName}" cannot be mounted at "${path}": ${fuseProblem() ?? why}`;
  const hint =
    fuseProblem() === undefined
      ? "look at its name, its endpoint and who may read it"
      : "mount it on Linux as root with /dev/fuse, as containers on AWS do";
  return new ContainerStartupError("WINDLASS_BUCKET_MOUNT", message, { hint });
}
