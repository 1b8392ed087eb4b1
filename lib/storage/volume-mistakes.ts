import { ExecutionError, InvalidError, NotFoundError } from "../errors.ts";
import { show } from "../options/show.ts";
import { VOLUME_PATHS } from "./volume-store.ts";

/** Where a volume is mounted in this process. @throws ExecutionError where it is not */
export function mountPath(name: string, subject: string): string {
  const paths = JSON.parse(process.env[VOLUME_PATHS] ?? "{}") as Record<string, string>; // Set by the mount.
  const path = Object.hasOwn(paths, name) ? paths[name] : undefined;
  if (path !== undefined) return path;
  throw new ExecutionError(
    "WINDLASS_VOLUME_NOT_MOUNTED",
    `${subject} is not mounted in this process`,
    {
      hint: `mount it where its function is defined: \`volumes: { "/data": Volume.fromName("${name}") }\`; outside of containers, use readFile, writeFile and batchUpload`,
    },
  );
}

export function pathMissing(volume: string, path: string): NotFoundError {
  return new NotFoundError(
    "WINDLASS_VOLUME_PATH_NOT_FOUND",
    `volume "${volume}" has no ${show(path)}`,
    { hint: `see what it has: \`windlass volume ls ${volume} -r\`` },
  );
}

export function isFolder(volume: string, path: string): InvalidError {
  return new InvalidError(
    "WINDLASS_VOLUME_FOLDER",
    `${show(path)} of volume "${volume}" is a folder`,
    { hint: "write `recursive: true` to take it with all that is in it" },
  );
}
