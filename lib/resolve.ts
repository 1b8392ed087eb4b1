import type { App } from "./app.ts";
import type { Definition, EntrypointDefinition } from "./definition.ts";
import { NO_EVENTS } from "./events.ts";
import { isGenerator } from "./handler.ts";
import { DEFAULT_IMAGE, DEFAULT_PYTHON_IMAGE } from "./image/default-image.ts";
import type { Image } from "./image/image.ts";
import { toImageSpec } from "./image/image-spec.ts";
import type { AnyFunctionOptions } from "./options/function-options.ts";
import { toGpus } from "./options/gpu.ts";
import { toResource } from "./options/resource.ts";
import { checkKnownUses, toUse } from "./options/uses.ts";
import { throwViolations, type Violation } from "./options/violation.ts";
import { checkVolumes } from "./options/volumes.ts";
import { checkPythonImage } from "./python/image.ts";
import { checkPythonFile, projectRoot, toPythonSpec } from "./python/source-file.ts";
import { toConcurrency, toRetries } from "./resolve-options.ts";
import type { FailureNotice, Schedule } from "./schedule.ts";
import {
  type AppSpec,
  type Architecture,
  type EntrypointSpec,
  type FailureNoticeSpec,
  type FunctionSpec,
  type ImageSpec,
  type ObjectUseSpec,
  type ScheduleSpec,
  SPEC_VERSION,
  type UseSpec,
} from "./spec.ts";
import { toJsonSchema } from "./standard-schema.ts";
import { toSecretSpecs } from "./storage/app-secrets.ts";
import { toMountSpecs } from "./storage/mount.ts";
import { objectsNamedFor, sortedObjects } from "./storage/object-registry.ts";
import { SNAPSHOT_CACHES } from "./storage/snapshot-caches.ts";
import { usedObject } from "./storage/stored-object.ts";
import { toWebSpec } from "./web/web-spec.ts";

/**
 * The AppSpec of an app: every default filled in, sorted by name, deeply frozen. Same app in, same spec out.
 * @throws InvalidError when `uses` of a function names what the app does not have, a file of a Python function is
 *   missing, its image certainly lacks Python or is for a processor that no host with its GPU has, or its mounts and those
 *   of the App do not go together
 */
export function resolveSpec(app: App): AppSpec {
  const definitions = [...app.definitions.values()].sort(byName);
  const mistakes = definitions.flatMap((definition) => [
    ...checkKnownUses(definition, app),
    ...checkMounts(definition),
    ...checkPython(definition),
    ...checkArchitecture(definition),
  ]);
  throwViolations(`app "${app.name}"`, mistakes, resolveSpec);
  return freeze({
    version: SPEC_VERSION,
    name: app.name,
    tags: app.tags,
    functions: definitions.map((definition) => toFunctionSpec(definition, app)),
    images: toImages(definitions, projectRoot(app.place)),
    entrypoints: [...app.entrypoints.values()].sort(byName).map(toEntrypointSpec),
  });
}

// By code units: the order must not depend on the machine's language.
function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function toFunctionSpec(definition: Definition, app: App): FunctionSpec {
  const options: AnyFunctionOptions = definition.options;
  const { timeoutSeconds = 300 } = options;
  const isCls = definition.kind === "cls";
  return {
    name: definition.name,
    kind: definition.kind,
    python: toPythonSpec(definition, projectRoot(app.place)),
    methods: isCls ? [...definition.methods] : [],
    generator: !isCls && isGenerator(definition.handler),
    gpu: toGpus(options.gpu),
    spot: toSpot(options),
    cpu: toResource(options.cpu, 0.125),
    memoryMiB: toResource(options.memoryMiB, 128),
    ephemeralDiskGiB: options.ephemeralDiskGiB ?? null,
    timeoutSeconds,
    startupTimeoutSeconds: options.startupTimeoutSeconds ?? timeoutSeconds,
    retries: toRetries(options.retries),
    minContainers: options.minContainers ?? 0,
    maxContainers: options.maxContainers ?? null,
    bufferContainers: options.bufferContainers ?? 0,
    scaledownWindowSeconds: options.scaledownWindowSeconds ?? 60,
    concurrency: toConcurrency(options.concurrency),
    batch: options.batch ? { maxSize: options.batch.maxSize, waitMs: options.batch.waitMs } : null,
    singleUseContainers: options.singleUseContainers ?? false,
    image: imageOf(definition).hash,
    architecture: architectureOf(definition),
    env: { ...options.env },
    secrets: toSecretSpecs(definition, app),
    volumes: toMountSpecs(options.volumes),
    schedule: toSchedule(options.schedule),
    web: toWebSpec(definition.web),
    enableMemorySnapshot: options.enableMemorySnapshot ?? false,
    snapshotCaches: toSnapshotCaches(options),
    blockNetwork: options.blockNetwork ?? false,
    nonpreemptible: options.nonpreemptible ?? false,
    uses: toUses(options.uses, app),
    objects: toObjects(options, app),
    ...toEvents(definition, app),
  };
}

/** What hears of events tells none: its own failure would call it again, and so on. */
function toEvents({ name, options }: Definition, app: App): Pick<FunctionSpec, "events" | "on"> {
  const on = app.listeners.filter((one) => one.function === name).map((one) => one.event);
  if (on.length > 0) return { events: NO_EVENTS, on: [...new Set(on)].sort() };
  const hearsAll = app.listeners.some(({ event }) => event === "call.completed");
  const option = options.events ?? (hearsAll ? "all" : "failures");
  if (option === "off") return { events: NO_EVENTS, on: [] };
  const completedRate = typeof option === "object" ? option.sampleRate : option === "all" ? 1 : 0;
  return { events: { failures: true, completedRate }, on: [] };
}

function toSnapshotCaches({
  enableMemorySnapshot,
  snapshotCaches = [],
}: AnyFunctionOptions): string[] {
  if (enableMemorySnapshot !== true) return [];
  return [...new Set([...SNAPSHOT_CACHES, ...snapshotCaches])].sort();
}

function toSpot({ spot, nonpreemptible }: AnyFunctionOptions): FunctionSpec["spot"] {
  return spot ?? (nonpreemptible === true ? "never" : "prefer");
}

/** Sorted, each once: the order in which they are written means nothing. */
function toUses(uses: AnyFunctionOptions["uses"], app: App): UseSpec[] | null {
  if (uses === undefined) return null;
  const byText = new Map(
    uses
      .filter((entry) => typeof entry === "string")
      .map((entry) => toUse(entry, app))
      .map((use) => [JSON.stringify(use), use]),
  );
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use);
}

/** What it mounts it may use. Its secrets are its variables, whether `uses` names them or not. */
function toObjects({ uses, volumes = {} }: AnyFunctionOptions, app: App): ObjectUseSpec[] {
  const named = uses === undefined ? objectsNamedFor(app) : uses.map(usedObject);
  const mounted = Object.values(volumes).map(usedObject);
  return sortedObjects([...named, ...mounted].filter((object) => object !== undefined));
}

function toImages(definitions: readonly Definition[], root: string | undefined): ImageSpec[] {
  const images = new Map(definitions.map(imageOf).map((image) => [image.hash, image]));
  const withGpu = new Set(
    definitions.flatMap((one) => (one.options.gpu === undefined ? [] : [imageOf(one).hash])),
  );
  return [...images.values()]
    .map((image) => toImageSpec(image, { root, gpu: withGpu.has(image.hash) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

function imageOf({ options, python }: Definition): Image {
  return options.image ?? (python === undefined ? DEFAULT_IMAGE : DEFAULT_PYTHON_IMAGE);
}

/** Those of the App and of the function were right by themselves. */
function checkMounts({ name, kind, options }: Definition): Violation[] {
  const subject = `\`volumes\` of ${kind === "cls" ? "class" : "function"} "${name}"`;
  return options.volumes === undefined ? [] : checkVolumes(options.volumes, subject);
}

function architectureOf(definition: Definition): Architecture {
  return imageOf(definition).platform === "linux/arm64" ? "arm64" : "amd64";
}

function checkArchitecture(definition: Definition): Violation[] {
  const { kind, name, options } = definition;
  if (options.gpu === undefined || architectureOf(definition) === "amd64") return [];
  const subject = `${kind === "cls" ? "class" : "function"} ${JSON.stringify(name)}`;
  return [
    {
      code: "WINDLASS_GPU_ARCHITECTURE",
      message: `\`gpu\` of ${subject} does not go with its image, which is for arm64: hosts with GPUs are amd64`,
      hint: "give it an image without `architecture`",
    },
  ];
}

function checkPython(definition: Definition): Violation[] {
  if (definition.python === undefined) return [];
  return [...checkPythonFile(definition), ...checkPythonImage(definition, imageOf(definition))];
}

function toSchedule(schedule: Schedule | undefined): ScheduleSpec | null {
  if (schedule === undefined) return null;
  const runs = { overlap: schedule.overlap, onFailure: toFailureNotice(schedule.onFailure) };
  if (schedule.kind === "cron") {
    const { kind, expression, timezone } = schedule;
    return { kind, expression, timezone, ...runs };
  }
  const { kind, years, months, weeks, days, hours, minutes, seconds } = schedule;
  return { kind, years, months, weeks, days, hours, minutes, seconds, ...runs };
}

function toFailureNotice(notice: FailureNotice | undefined): FailureNoticeSpec | null {
  if (notice === undefined) return null;
  return notice.snsTopicArn === undefined
    ? { kind: "webhook", url: notice.webhookUrl }
    : { kind: "sns", topicArn: notice.snsTopicArn };
}

function toEntrypointSpec({ name, schema }: EntrypointDefinition): EntrypointSpec {
  return { name, args: schema === undefined ? null : (toJsonSchema(schema).schema ?? null) };
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
