import { InvalidError } from "../errors.ts";
import { show } from "../options/show.ts";
import type { VolumeMountSpec } from "../spec.ts";
import { toVolumePath } from "./volume-path.ts";

/** How a volume is mounted. */
export interface VolumeMountOptions {
  /** Its files cannot be written to, and nothing is committed. @default false */
  readonly readOnly?: boolean | undefined;
  /** The folder of the volume that is mounted, with "/" between names. @default - all of it */
  readonly subPath?: string | undefined;
}

export type VolumeMount = Pick<VolumeMountSpec, "readOnly" | "subPath">;

/** All of a volume, to be read and written. */
export const WHOLE: VolumeMount = { readOnly: false, subPath: "" };

/** A mount with other options, the later ones winning. @throws InvalidError */
export function toVolumeMount(before: VolumeMount, options: VolumeMountOptions): VolumeMount {
  const { readOnly: isReadOnly = before.readOnly, subPath, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(`has no option ${show(unknown)}`);
  if (typeof isReadOnly !== "boolean") {
    throw invalid(`takes true or false as \`readOnly\`, got ${show(isReadOnly)}`);
  }
  const path = subPath === undefined ? before.subPath : toVolumePath(subPath);
  return { readOnly: isReadOnly, subPath: path };
}

function invalid(problem: string): InvalidError {
  return new InvalidError("WINDLASS_INVALID_MOUNT_OPTIONS", `withMountOptions() ${problem}`, {
    hint: 'write `volume.withMountOptions({ readOnly: true, subPath: "models" })`',
  });
}
