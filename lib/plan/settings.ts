import { scheduleText } from "../schedules/text.ts";
import type { FirstHost } from "../scheduling/first-offers.ts";
import { priceText } from "../scheduling/prices.ts";
import type { FunctionSpec, ImageSpec, MountSpec, ResourceSpec, UseSpec } from "../spec.ts";
import type { AuthSpec } from "../web/web-spec.ts";

/** A setting of a function as people read it; "": it has none. */
export type Settings = Readonly<Record<string, string>>;

/** So much of a hash tells images apart. */
const HASH_CHARS = 12;

/** All settings of a function by their names, always the same ones in the same order. Values of variables are not among them. */
export function settingsOf(
  spec: FunctionSpec,
  given: { readonly host: FirstHost | undefined; readonly images: readonly ImageSpec[] },
): Settings {
  return { ...placeOf(spec, given), ...scalingOf(spec), ...runsOf(spec), ...reachOf(spec) };
}

function placeOf(
  spec: FunctionSpec,
  { host, images }: { readonly host: FirstHost | undefined; readonly images: readonly ImageSpec[] },
): Settings {
  const { kind, python, methods, cpu, memoryMiB, gpu, spot, ephemeralDiskGiB } = spec;
  const image = images.find(({ hash }) => hash === spec.image);
  return {
    kind: `${kind === "cls" ? "class" : "function"}${python === null ? "" : " in Python"}`,
    methods: methods.join(", "),
    cpu: resourceText(cpu, ""),
    memory: resourceText(memoryMiB, " MiB"),
    gpu: gpu.join(", "),
    spot,
    "first host": host === undefined ? "" : `${host.type.name}, ${priceText(host.type.usdPerHour)}`,
    disk: ephemeralDiskGiB === null ? "" : `${ephemeralDiskGiB} GiB`,
    image: `${spec.image.slice(0, HASH_CHARS)}${image === undefined ? "" : ` from ${image.base}`}`,
    processor: spec.architecture,
  };
}

function scalingOf(spec: FunctionSpec): Settings {
  const { minContainers, maxContainers, bufferContainers, scaledownWindowSeconds } = spec;
  return {
    "min containers": String(minContainers),
    "max containers": maxContainers === null ? "no limit" : String(maxContainers),
    "buffer containers": String(bufferContainers),
    "scaledown window": `${scaledownWindowSeconds} s`,
    "single use": spec.singleUseContainers ? "yes" : "",
    "not preemptible": spec.nonpreemptible ? "yes" : "",
    snapshots: spec.enableMemorySnapshot ? ["memory", ...spec.snapshotCaches].join(", ") : "",
  };
}

function runsOf(spec: FunctionSpec): Settings {
  const { timeoutSeconds, startupTimeoutSeconds, retries, concurrency, batch, schedule } = spec;
  const { maxInputs, targetInputs } = concurrency;
  const { maxRetries, initialDelaySeconds, backoffCoefficient, maxDelaySeconds } = retries;
  const target = targetInputs === maxInputs ? "" : `, aims at ${targetInputs}`;
  return {
    timeout: `${timeoutSeconds} s`,
    "startup timeout": `${startupTimeoutSeconds} s`,
    retries:
      maxRetries === 0
        ? "none"
        : `${maxRetries}, after ${initialDelaySeconds} s × ${backoffCoefficient} up to ${maxDelaySeconds} s`,
    "inputs at once": `${maxInputs}${target}`,
    batch: batch === null ? "" : `${batch.maxSize}, waits ${batch.waitMs} ms`,
    generator: spec.generator ? "yes" : "",
    schedule: schedule === null ? "" : scheduleText(schedule),
    web: spec.web ? `${spec.web.kind}, auth ${authText(spec.web.auth)}` : "",
    tells: eventsText(spec),
    "called on": spec.on.join(", "),
  };
}

function authText(auth: AuthSpec): string {
  return typeof auth === "object" ? `by tokens of ${auth.jwt.issuer}` : auth;
}

function reachOf(spec: FunctionSpec): Settings {
  const objects = spec.objects.map(({ kind, name }) => `${kind} ${name}`);
  return {
    variables: Object.keys(spec.env).sort().join(", "),
    secrets: spec.secrets.map(({ name }) => name).join(", "),
    mounts: spec.volumes.map(mountText).join(", "),
    uses: spec.uses === null ? "all of the app" : spec.uses.map(useText).join(", ") || "nothing",
    objects: objects.join(", "),
    network: spec.blockNetwork ? "blocked" : "",
  };
}

function resourceText({ request, limit }: ResourceSpec, unit: string): string {
  return `${request}${unit}${limit === null ? "" : `, at most ${limit}${unit}`}`;
}

function eventsText({ events }: FunctionSpec): string {
  const rate = events.completedRate * 100;
  return [
    ...(events.failures ? ["failures"] : []),
    ...(rate > 0 ? [`${rate}% of calls`] : []),
  ].join(", ");
}

function mountText(mount: MountSpec): string {
  const what =
    mount.kind === "volume"
      ? `${mount.name}${mount.backing === "efs" ? " (EFS)" : ""}`
      : `bucket ${mount.bucketName}/${mount.keyPrefix}`;
  return `${what} at ${mount.path}${mount.readOnly ? ", read only" : ""}`;
}

function useText({ app, name }: UseSpec): string {
  return [app, name].filter((part) => part !== null).join("/") || "all of the app";
}
