import { readdirSync, readlinkSync } from "node:fs";
import { ExecutionError } from "../../errors.ts";
import { show } from "../../options/show.ts";

/**
 * Refuses where a process of this machine has a file in the folder open: it would go on with what is gone. Only Linux says
 * which files are open.
 * @throws ExecutionError
 */
export function checkNothingOpen(volume: string, folder: string): void {
  const open = openFileIn(folder);
  if (open === undefined) return;
  throw new ExecutionError(
    "WINDLASS_VOLUME_BUSY",
    `volume "${volume}" cannot be reloaded: process ${open.pid} has ${show(open.file)} open`,
    {
      hint: "close all files of the volume before `reload()`; a process must not work in its folder",
    },
  );
}

function openFileIn(folder: string): { readonly pid: string; readonly file: string } | undefined {
  for (const pid of namesIn("/proc").filter((name) => /^\d+$/.test(name))) {
    const links = [...namesIn(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`), "cwd"];
    for (const link of links) {
      const file = targetOf(`/proc/${pid}/${link}`);
      if (file !== undefined && (file === folder || file.startsWith(`${folder}/`))) {
        return { pid, file };
      }
    }
  }
  return undefined;
}

/** Processes end meanwhile, and those of others are not to be looked into. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
