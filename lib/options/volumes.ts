import { type Mounted, mountOf } from "../storage/mount.ts";
import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

/** What containers need themselves, or what would hide all of an image. */
const RESERVED: ReadonlySet<string> = new Set([
  "/",
  "/bin",
  "/boot",
  "/etc",
  "/home",
  "/lib",
  "/lib64",
  "/opt",
  "/root",
  "/sbin",
  "/tmp",
  "/usr",
  "/var",
]);
/** Nothing may be mounted below these either. */
const RESERVED_WHOLLY: readonly string[] = ["/dev", "/proc", "/sys", "/run", "/opt/windlass"];
/** Segments that a path may have: no `.`, no `..`, nothing that a shell or a table of mounts would read. */
const PATH = /^(\/(?!\.{1,2}(\/|$))[^/\s"'`$\\:,\p{Cc}]{1,255})+$/u;
const MAX_PATH = 1024;

const SHAPE_HINT = 'write `{ "/data": Volume.fromName("data", { createIfMissing: true }) }`';

/** What is wrong with `volumes`: each entry alone, and then together. */
export function checkVolumes(value: unknown, subject: string): Violation[] {
  const code = "WINDLASS_INVALID_VOLUMES";
  if (typeof value !== "object" || value === null || Array.isArray(value) || mountOf(value)) {
    const message = `${subject} must be an object of paths with volumes, got ${describe(value)}`;
    return [{ code, message, hint: SHAPE_HINT }];
  }
  const entries = Object.entries(value);
  return [
    ...entries.flatMap(([path]) => checkPath(path, subject)),
    ...entries
      .filter(([, entry]) => mountOf(entry) === undefined)
      .map(([path, entry]) => ({
        code,
        message: `${show(path)} in ${subject} must be a Volume or a CloudBucketMount, got ${describe(entry)}`,
        hint: SHAPE_HINT,
      })),
    ...checkNested(
      entries.map(([path]) => path),
      subject,
    ),
    ...checkTwice(entries, subject),
  ];
}

/** What a handle with other options can mount: the rest comes with the task definition and the role of a deployment. */
export function checkVariantVolumes(
  volumes: Readonly<Record<string, unknown>>,
  subject: string,
): Violation[] {
  return Object.entries(volumes).flatMap(([path, entry]) => {
    const mounted = mountOf(entry);
    if (mounted === undefined || (mounted.kind === "volume" && mounted.backing === "s3")) return [];
    const what = mounted.kind === "volume" ? 'a volume with `backing: "efs"`' : "a bucket";
    const message = `\`volumes\` of ${subject} cannot mount ${what}, got one at ${show(path)}`;
    const hint =
      "mount it where the function is defined, which may be another with the same handler";
    return [{ code: "WINDLASS_MOUNT_IN_VARIANT", message, hint }];
  });
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? "another object"
    : show(value);
}

function checkPath(path: string, subject: string): Violation[] {
  if (path !== "/" && (!PATH.test(path) || path.length > MAX_PATH)) {
    const message = `paths in ${subject} must be absolute, without "..", spaces, quotes or a "/" at the end, got ${show(path)}`;
    return [{ code: "WINDLASS_INVALID_MOUNT_PATH", message, hint: "write a path as `/data`" }];
  }
  const isWithin = RESERVED_WHOLLY.some((one) => path === one || path.startsWith(`${one}/`));
  if (!isWithin && !RESERVED.has(path)) return [];
  const message = `paths in ${subject} must leave ${show(path)} alone: containers need what is there`;
  const hint = `mount it at a folder of its own, for instance "/data"`;
  return [{ code: "WINDLASS_RESERVED_MOUNT_PATH", message, hint }];
}

function checkNested(paths: readonly string[], subject: string): Violation[] {
  return paths.flatMap((outer) =>
    paths
      .filter((inner) => outer !== "/" && inner.startsWith(`${outer}/`))
      .map((inner) => ({
        code: "WINDLASS_NESTED_MOUNTS",
        message: `paths in ${subject} must not lie within each other, got ${show(inner)} in ${show(outer)}`,
        hint: "mount them side by side",
      })),
  );
}

/** One that is mounted twice would have two states in one container. */
function checkTwice(
  entries: readonly (readonly [string, unknown])[],
  subject: string,
): Violation[] {
  const places = new Map<string, string>();
  return entries.flatMap(([path, entry]) => {
    const mounted = mountOf(entry);
    if (mounted?.kind !== "volume") return [];
    const first = places.get(mounted.name);
    places.set(mounted.name, first ?? path);
    return first === undefined ? [] : [mountedTwice(mounted, { first, path, subject })];
  });
}

function mountedTwice(
  { name }: Extract<Mounted, { readonly kind: "volume" }>,
  given: { readonly first: string; readonly path: string; readonly subject: string },
): Violation {
  const { first, path, subject } = given;
  return {
    code: "WINDLASS_VOLUME_MOUNTED_TWICE",
    message: `${subject} must mount volume ${show(name)} once, got ${show(first)} and ${show(path)}`,
    hint: "leave one of them, and make a symbolic link in your code if it needs both",
  };
}
