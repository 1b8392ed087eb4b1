import { whoAmI } from "../../lib/aws/deploy/caller.ts";
import type { DeploymentLabel } from "../../lib/aws/deployment-row.ts";
import { readOwnPackage } from "../../lib/local/bundle/own-package.ts";
import { runCommand } from "../../lib/local/python/command.ts";

/** A large project on a slow disk is not worth a wait. */
const GIT_MS = 2000;

/** Who deploys what: so much of it as can be found out. */
export async function readLabel(root: string, tag: string | undefined): Promise<DeploymentLabel> {
  const [by, commit] = await Promise.all([
    whoAmI().then(
      ({ who }) => who,
      () => "",
    ),
    commitOf(root),
  ]);
  return {
    client: readOwnPackage().version,
    ...(tag !== undefined && { tag }),
    ...(by !== "" && { by }),
    ...(commit !== undefined && { commit }),
  };
}

/** `1a2b3c4`, or `1a2b3c4*` where files that git knows differ from it; undefined outside of a repository. */
async function commitOf(root: string): Promise<string | undefined> {
  const args = ["describe", "--always", "--abbrev=7", "--dirty=*", "--exclude=*"];
  const { code, output } = await runCommand("git", args, { cwd: root, timeout: GIT_MS });
  const commit = output.trim();
  return code === 0 && /^[0-9a-f]{7,40}\*?$/.test(commit) ? commit : undefined;
}
