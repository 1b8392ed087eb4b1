import type { ImageSpec } from "../../spec.ts";
import { type Bundle, bundleApp } from "../bundle.ts";
import type { EngineHost } from "../host.ts";
import { codeInContainers, dockerHost } from "./docker-host.ts";

export interface InDockerOptions {
  readonly root: string;
  readonly stateDirectory: string;
  readonly images: readonly ImageSpec[];
  /** That define the app. */
  readonly files: readonly string[];
  readonly notice: (text: string) => void;
}

/** A machine whose containers are those of Docker, and the code that they run: with the packages that it needs. */
export async function inDocker(
  machine: EngineHost,
  { files, ...options }: InDockerOptions,
): Promise<{ readonly host: EngineHost; readonly bundle: Bundle }> {
  const { root, stateDirectory } = options;
  const { file, hash } = await bundleApp(files, root, { isForDeployment: true });
  const readSecret = (name: string) => machine.readSecret(name);
  const host = await dockerHost(machine, { ...options, readSecret, code: file });
  return { host, bundle: { file: codeInContainers(file, stateDirectory, hash), hash } };
}
