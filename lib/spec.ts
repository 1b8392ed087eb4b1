import type { EventName, EventsSpec } from "./events.ts";
import type { WebSpec } from "./web/web-spec.ts";

/** Version of the AppSpec format; readers accept this one and the one before. */
export const SPEC_VERSION = 1;

export interface RetriesSpec {
  readonly maxRetries: number;
  readonly backoffCoefficient: number;
  readonly initialDelaySeconds: number;
  readonly maxDelaySeconds: number;
}

export interface ResourceSpec {
  readonly request: number;
  readonly limit: number | null;
}

/** Who is told of a scheduled run that has failed. */
export type FailureNoticeSpec =
  | { readonly kind: "sns"; readonly topicArn: string }
  | { readonly kind: "webhook"; readonly url: string };

/** What all schedules have. */
interface RunsSpec {
  /** What becomes of a run while the one before is not done. */
  readonly overlap: "skip" | "queue" | "allow";
  /** `null`: nobody. */
  readonly onFailure: FailureNoticeSpec | null;
}

export interface CronSpec extends RunsSpec {
  readonly kind: "cron";
  readonly expression: string;
  readonly timezone: string;
}

/** Its lengths add up. */
export interface PeriodSpec extends RunsSpec {
  readonly kind: "period";
  readonly years: number;
  readonly months: number;
  readonly weeks: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** When a function runs by itself. */
export type ScheduleSpec = CronSpec | PeriodSpec;

/** Python of an image, so far as its steps tell. */
export interface ImagePython {
  /** For instance `3.12`; `null` where the base decides. */
  readonly version: string | null;
  /** Packages to install, in the order of the steps. */
  readonly installs: readonly PythonInstall[];
}

/** A step that installs Python packages: arguments of `pip install` or `uv pip install`. */
export interface PythonInstall {
  readonly tool: "pip" | "uv";
  readonly arguments: readonly string[];
}

/** Processors that images are built for, and hosts have. */
export type Architecture = "amd64" | "arm64";

/** Files of the user's machine that an image copies: in the folder that it is built from, `files/<hash>`. */
export interface ImageFilesSpec {
  readonly hash: string;
  /** Of the file or folder, relative to the root of the app's project, with `/`. */
  readonly path: string;
}

/** A secret whose variables steps of an image have while they run. */
export interface ImageSecretSpec {
  /** By which instructions name it. */
  readonly id: string;
  /** `null`: its values are in code. */
  readonly name: string | null;
}

/** How the base of an image is pulled. */
export interface RegistrySpec {
  readonly kind: "basic" | "ecr" | "gcp";
  /** With the credentials; `null`: those of who builds. */
  readonly secret: ImageSecretSpec | null;
}

/** An image, resolved. Its hash is that of its last layer, or of its base if it has none. */
export interface ImageSpec {
  readonly hash: string;
  /** The tag that it builds on. */
  readonly base: string;
  readonly platform: `linux/${Architecture}`;
  /** What is known of its Python; `null` where it has none for certain. */
  readonly python: ImagePython | null;
  /** Its steps in order; `commands` are instructions of a Dockerfile. */
  readonly layers: readonly { readonly hash: string; readonly commands: readonly string[] }[];
  /** All of it as a Dockerfile. */
  readonly dockerfile: string;
  /** What its instructions copy, sorted by hash. */
  readonly files: readonly ImageFilesSpec[];
  readonly secrets: readonly ImageSecretSpec[];
  /** `null`: whoever may pull it by himself. */
  readonly registry: RegistrySpec | null;
  /** What its containers run first, with the agent as arguments; empty: the agent. */
  readonly entrypoint: readonly string[];
  /** True: it is built again with each build. */
  readonly isForced: boolean;
  /** Whether its build runs functions of the app's module. */
  readonly runsCode: boolean;
  /** Whether functions with a GPU have it. */
  readonly gpu: boolean;
}

/** What a function may call. */
export interface UseSpec {
  /** `null`: its own app. */
  readonly app: string | null;
  /** `null`: all functions and classes of that app. */
  readonly name: string | null;
}

/** What a function or class is in Python. */
export interface PythonSpec {
  /** Path of its file, relative to the root of the app's project, with `/`. */
  readonly file: string;
  /** Its name in that file. */
  readonly symbol: string;
}

/** A dict, queue, secret or volume of the environment. */
export interface ObjectUseSpec {
  readonly kind: "dict" | "queue" | "secret" | "volume";
  readonly name: string;
}

/** A secret whose variables containers have. */
export interface SecretSpec {
  readonly name: string;
  readonly requiredKeys: readonly string[];
}

/** A volume in the containers of a function. */
export interface VolumeMountSpec {
  readonly kind: "volume";
  /** Absolute, in containers. */
  readonly path: string;
  readonly name: string;
  /** Where what it holds lies on AWS. */
  readonly backing: "s3" | "efs";
  readonly createIfMissing: boolean;
  readonly readOnly: boolean;
  /** The folder of the volume that is mounted; "": all of it. */
  readonly subPath: string;
}

/** A bucket of the user's in the containers of a function. */
export interface BucketMountSpec {
  readonly kind: "bucket";
  /** Absolute, in containers. */
  readonly path: string;
  readonly bucketName: string;
  /** "" or a text that ends in "/": what lies under it is mounted. */
  readonly keyPrefix: string;
  /** `null`: S3 of the container's region. */
  readonly endpointUrl: string | null;
  /** The secret with its credentials; `null`: those of the container's role. */
  readonly secret: string | null;
  readonly readOnly: boolean;
  readonly requesterPays: boolean;
  readonly forcePathStyle: boolean;
}

/** What is mounted in the containers of a function. */
export type MountSpec = VolumeMountSpec | BucketMountSpec;

/** A function or a class, resolved: no optional fields, `null` where nothing applies. */
export interface FunctionSpec {
  readonly name: string;
  readonly kind: "function" | "cls";
  /** What it is in Python; `null`: it is TypeScript. */
  readonly python: PythonSpec | null;
  /** Remote methods of a class, sorted; empty for a function, and for a class of Python, whose containers know them. */
  readonly methods: readonly string[];
  /** False for a function of Python too, whose containers know it. */
  readonly generator: boolean;
  readonly gpu: readonly string[];
  /** Whether its hosts are spot instances: first, only, or never. */
  readonly spot: "prefer" | "require" | "never";
  readonly cpu: ResourceSpec;
  readonly memoryMiB: ResourceSpec;
  readonly ephemeralDiskGiB: number | null;
  readonly timeoutSeconds: number;
  readonly startupTimeoutSeconds: number;
  readonly retries: RetriesSpec;
  readonly minContainers: number;
  /** `null`: no limit of the function's own. */
  readonly maxContainers: number | null;
  readonly bufferContainers: number;
  readonly scaledownWindowSeconds: number;
  readonly concurrency: { readonly maxInputs: number; readonly targetInputs: number };
  /** How single inputs are gathered into batches; `null`: they are not. */
  readonly batch: { readonly maxSize: number; readonly waitMs: number } | null;
  readonly singleUseContainers: boolean;
  /** Hash of its image. */
  readonly image: string;
  /** That of its image, and so of its hosts. */
  readonly architecture: Architecture;
  readonly env: Readonly<Record<string, string>>;
  /** In the order in which they are applied: a later one wins, and `env` over all. */
  readonly secrets: readonly SecretSpec[];
  /** Sorted by path. */
  readonly volumes: readonly MountSpec[];
  readonly schedule: ScheduleSpec | null;
  /** How it answers HTTP requests; `null`: it does not. */
  readonly web: WebSpec | null;
  readonly enableMemorySnapshot: boolean;
  /** Variables that name folders whose content the next container starts with, sorted; none without snapshots. */
  readonly snapshotCaches: readonly string[];
  readonly blockNetwork: boolean;
  readonly nonpreemptible: boolean;
  /** What it may call beside itself; `null`: all of its own app, by the role of that. */
  readonly uses: readonly UseSpec[] | null;
  /** The dicts, queues, secrets and volumes that it may use, sorted: of `uses`, or without it all that its module names. */
  readonly objects: readonly ObjectUseSpec[];
  /** Which events it tells; manifests of before there were any say nothing. */
  readonly events: EventsSpec;
  /** Events that it is called with, sorted. */
  readonly on: readonly EventName[];
}

export interface EntrypointSpec {
  readonly name: string;
  /** JSON Schema of the arguments, `null` where there is no schema or its library cannot write one. */
  readonly args: Readonly<Record<string, unknown>> | null;
}

/** The one contract between the DSL and everything that runs or deploys an app. */
export interface AppSpec {
  readonly version: typeof SPEC_VERSION;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly functions: readonly FunctionSpec[];
  /** Images of the functions, each once, sorted by hash. */
  readonly images: readonly ImageSpec[];
  readonly entrypoints: readonly EntrypointSpec[];
}

/** Inputs that one container should have at a time; manifests of before there were batches say nothing of them. */
export function targetInputs({
  batch,
  concurrency,
}: Pick<FunctionSpec, "concurrency"> & Partial<Pick<FunctionSpec, "batch">>): number {
  return concurrency.targetInputs * (batch?.maxSize ?? 1);
}

/** Inputs that one container runs at a time at most; one of a function that is not known. */
export function inputsAtOnce(
  spec: (Pick<FunctionSpec, "concurrency"> & Partial<Pick<FunctionSpec, "batch">>) | undefined,
): number {
  return spec === undefined ? 1 : spec.concurrency.maxInputs * (spec.batch?.maxSize ?? 1);
}

/** The text of a spec: JSON with sorted keys, the same bytes for the same app. */
export function specText(spec: AppSpec): string {
  return `${JSON.stringify(spec, sortKeys, 2)}\n`;
}

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
