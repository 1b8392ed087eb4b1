import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ImageSpec } from "../../lib/spec.ts";
import { whyNotDocker } from "../deploy/image-builder.ts";
import { type Check, ok } from "./check.ts";

/** Whether Docker of this machine would build images: these, or any. */
export async function checkDocker(images: readonly ImageSpec[]): Promise<Check> {
  const why = await whyNotDocker(images);
  if (why === undefined) return ok("docker", "builds images here");
  const message = `${why}: AWS CodeBuild builds images, which takes minutes`;
  return { subject: "docker", status: "warn", message, fix: "install or start Docker" };
}

/** Whether there is a Python for what apps start on this machine; containers bring their own. */
export async function checkPython(): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)("python3", ["--version"], { timeout: 10_000 });
    return ok("python", stdout.trim());
  } catch {
    const message = "no python3 here: what runs in Python runs in containers alone";
    return { subject: "python", status: "warn", message, fix: "install Python 3" };
  }
}
