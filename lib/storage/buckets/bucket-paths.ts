import { ExecutionError } from "../../errors.ts";
import type { BucketMountSpec } from "../../spec.ts";

type Named = Pick<BucketMountSpec, "bucketName" | "keyPrefix">;

/** Where buckets are mounted in a process: JSON, an object of paths, or of why there is none, by `bucketKey`. */
export const BUCKET_PATHS = "WINDLASS_BUCKET_PATHS";

/** A mounted bucket, or why it is not. */
export type BucketPath = { readonly path: string } | { readonly problem: string };

/** What a mount is known by. */
export function bucketKey({ bucketName, keyPrefix }: Named): string {
  return `${bucketName}/${keyPrefix}`;
}

/** @throws ExecutionError */
export function bucketPath(mount: Named): string {
  const paths = JSON.parse(process.env[BUCKET_PATHS] ?? "{}") as Record<string, BucketPath>; // Set by the agent.
  const key = bucketKey(mount);
  const found = Object.hasOwn(paths, key) ? paths[key] : undefined;
  if (found !== undefined && "path" in found) return found.path;
  const why = found === undefined ? "" : `: ${found.problem}`;
  throw new ExecutionError(
    "WINDLASS_BUCKET_NOT_MOUNTED",
    `bucket "${mount.bucketName}" is not mounted in this process${why}`,
    {
      hint:
        found === undefined
          ? 'name it in `volumes` of the function: `{ "/corpus": mount }`'
          : "use `readFile`, `writeFile` and `listdir` of the mount, which work everywhere, or run it on AWS",
    },
  );
}
