import { LABELS, REPOSITORY } from "./build-image.ts";
import { docker, findBuilder } from "./docker.ts";

/** An image that was built on this machine. */
export interface LocalImage {
  /** That of its spec. */
  readonly hash: string;
  readonly base: string;
  /** As Docker has it. */
  readonly tag: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly createdAt: string;
}

interface Inspected {
  readonly Created: string;
  readonly Size: number;
  readonly RepoTags: readonly string[] | null;
  readonly Config: { readonly Labels: Readonly<Record<string, string>> | null };
}

/** Images that were built on this machine, the last one first. @throws ExecutionError when Docker does not answer */
export async function listImages(): Promise<readonly LocalImage[]> {
  await findBuilder();
  const filter = ["--filter", `label=${LABELS.hash}`, "--filter", `reference=${REPOSITORY}`];
  const { stdout } = await docker(["image", "ls", "--quiet", "--no-trunc", ...filter]);
  const ids = [...new Set(stdout.split("\n").filter((id) => id !== ""))];
  if (ids.length === 0) return [];
  return (await inspect(ids)).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

/** What Docker knows of one image; undefined if it is not there. */
export async function inspectImage(tag: string): Promise<LocalImage | undefined> {
  return (await inspect([tag])).find((image) => image.tag === tag);
}

async function inspect(names: readonly string[]): Promise<LocalImage[]> {
  const { code, stdout } = await docker(["image", "inspect", ...names]);
  if (code !== 0) return [];
  const images = JSON.parse(stdout) as Inspected[]; // As Docker documents it.
  return images.flatMap(({ RepoTags, Created, Size, Config }) =>
    (RepoTags ?? [])
      .filter((tag) => tag.startsWith(`${REPOSITORY}:`))
      .map((tag) => ({
        hash: Config.Labels?.[LABELS.hash] ?? "",
        base: Config.Labels?.[LABELS.base] ?? "",
        ...{ tag, bytes: Size, createdAt: new Date(Created).toISOString() },
      })),
  );
}
