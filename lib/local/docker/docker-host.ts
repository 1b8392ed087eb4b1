import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ExecutionError } from "../../errors.ts";
import type { FunctionSpec, ImageSpec } from "../../spec.ts";
import { hasGpu } from "../gpu-here.ts";
import type { EngineHost } from "../host.ts";
import { buildImage } from "../images/build-image.ts";
import type { BuildInputs } from "../images/build-inputs.ts";
import type { OpenMounts } from "../local-mounts.ts";
import { DockerRunner } from "./docker-runner.ts";

/** Where images have what runs code. */
const PROGRAMS = "/opt/windlass";
const NODE_COMMAND = [`${PROGRAMS}/node`, "--enable-source-maps", `${PROGRAMS}/runner-node.mjs`];
const PYTHON_COMMAND = ["python3", `${PROGRAMS}/runner-python/main.py`];
/** Of the CPU shares that a container without a request has. */
const SHARES = 1024;

export interface DockerHostOptions extends BuildInputs {
  readonly root: string;
  readonly images: readonly ImageSpec[];
  readonly notice: (text: string) => void;
}

/** Tags of images on this machine, by hash of the image. */
type Tags = ReadonlyMap<string, string>;

/**
 * A machine whose containers are those of Docker, in their images. Builds the images first.
 * @throws ExecutionError where Docker does not answer, or is not of Linux
 * @throws WindlassError when an image cannot be built
 */
export async function dockerHost(
  host: EngineHost,
  options: DockerHostOptions,
): Promise<EngineHost> {
  if (process.platform !== "linux") {
    throw new ExecutionError(
      "WINDLASS_DOCKER_NEEDS_LINUX",
      `containers of Docker need Linux, and this is ${process.platform}`,
      { hint: "leave out `--containers docker`, or run it on Linux, for instance in WSL" },
    );
  }
  const tags = await buildAll(options);
  const images = new Map(options.images.map((image) => [image.hash, image]));
  return {
    ...host,
    hasImages: true,
    // Read when it is asked for.
    get hasCalls() {
      return host.hasCalls;
    },
    pythonOf: async () => "python3",
    startRunner: (spec, python, volumes) =>
      new DockerRunner({
        name: `windlass-${randomBytes(8).toString("hex")}`,
        options: runOptions(spec, options.root, volumes),
        image: tags.get(spec.image) ?? "",
        command: [
          ...(images.get(spec.image)?.entrypoint ?? []),
          ...(python === undefined ? NODE_COMMAND : PYTHON_COMMAND),
        ],
      }),
  };
}

async function buildAll({ images, notice, ...inputs }: DockerHostOptions): Promise<Tags> {
  const tags = new Map<string, string>();
  for (const image of images) {
    const short = image.hash.slice(0, 12);
    let isTold = false;
    const { tag } = await buildImage({
      ...inputs,
      image,
      onStep() {
        if (!isTold) notice(`building image ${short} of ${image.base} with Docker`);
        isTold = true;
      },
    });
    tags.set(image.hash, tag);
  }
  return tags;
}

function runOptions(spec: FunctionSpec, root: string, volumes: OpenMounts | undefined): string[] {
  const folders = volumes?.folders ?? [];
  for (const { folder } of folders) mkdirSync(folder, { recursive: true });
  return [
    ...["--entrypoint", ""],
    // As processes of this machine: services of it are at localhost, and endpoints are where they are looked for.
    ...["--network", spec.blockNetwork ? "none" : "host"],
    ...resources(spec),
    ...(spec.gpu.length > 0 && hasGpu() ? ["--gpus", "all"] : []),
    // The code, at the paths that the agent names.
    ...["--volume", `${root}:${root}:ro`],
    // Twice: by its variable it is found at the path of this machine, where files of it that are open are looked for.
    ...folders.flatMap(({ path, folder, isReadOnly }) => [
      ...["--volume", `${folder}:${folder}${isReadOnly ? ":ro" : ""}`],
      ...["--volume", `${folder}:${path}${isReadOnly ? ":ro" : ""}`],
    ]),
    ...asOwner(folders.length > 0),
  ];
}

/** Requests are shares, and limits are limits, as on AWS. */
function resources({ cpu, memoryMiB }: FunctionSpec): string[] {
  const shares = Math.max(2, Math.round(cpu.request * SHARES));
  return [
    ...["--cpu-shares", String(shares)],
    ...(cpu.limit === null ? [] : ["--cpus", String(cpu.limit)]),
    ...["--memory-reservation", `${memoryMiB.request}m`],
    ...(memoryMiB.limit === null
      ? []
      : ["--memory", `${memoryMiB.limit}m`, "--memory-swap", `${memoryMiB.limit}m`]),
  ];
}

/** Files of volumes must be those of whoever commits them. */
function asOwner(writesFiles: boolean): string[] {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  return writesFiles && uid !== 0 ? ["--user", `${uid}:${gid}`, "--env", "HOME=/tmp"] : [];
}

/** A copy of the code in a folder where imports find the packages of the image. */
export function codeInContainers(bundle: string, stateDirectory: string, hash: string): string {
  const file = join(stateDirectory, "docker", hash, "app.mjs");
  const packages = join(dirname(file), "node_modules");
  if (existsSync(file)) return file;
  mkdirSync(dirname(file), { recursive: true });
  try {
    symlinkSync(`${PROGRAMS}/node_modules`, packages);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  copyFileSync(bundle, file);
  return file;
}
