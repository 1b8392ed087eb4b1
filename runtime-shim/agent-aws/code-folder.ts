import { mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A folder for the code of an app that finds the packages which the image has in `node_modules` of `programs`. It is not
 * below that one: containers run as the user of their base, who may be nobody and write to no other place.
 */
export function createCodeFolder(programs: string): string {
  const folder = mkdtempSync(join(tmpdir(), "windlass-code-"));
  // Node looks for packages beside the code first, and follows the link: they find those that they need themselves.
  symlinkSync(join(programs, "node_modules"), join(folder, "node_modules"));
  return folder;
}
