import type { ErrorClasses } from "../error-classes.ts";
import type { EventsOption } from "../events.ts";
import type { Gpu } from "../gpu.ts";
import type { Image } from "../image/image.ts";
import type { Retries } from "../retries.ts";
import type { Schedule } from "../schedule.ts";
import type { StandardSchema } from "../standard-schema.ts";
import type { Mountable } from "../storage/mount.ts";
import type { Secret } from "../storage/secret.ts";
import type { StoredObject } from "../storage/stored-object.ts";
import type { VariantName } from "./variant-names.ts";

/** A reservation, and a hard limit above it. */
export interface Resource {
  readonly request: number;
  readonly limit: number;
}

/** How many inputs one container runs at once. */
export interface ConcurrencyOptions {
  /** Never more than this. */
  readonly maxInputs: number;
  /** New containers start when there are more than this for each. @default - `maxInputs` */
  readonly targetInputs?: number | undefined;
}

/** How single inputs are gathered into batches. */
export interface BatchOptions {
  /** Inputs of a batch at most, 1 to 1000. */
  readonly maxSize: number;
  /** How long the first input of a batch waits for others, 0 to 600000 milliseconds. */
  readonly waitMs: number;
}

/** What options of functions and of classes have in common. */
export interface ContainerOptions<Batch extends BatchOptions | undefined = undefined> {
  /**
   * GPU type with an optional count of 1 to 8 (`"H100"`, `"a100-80gb:2"`), or several in order of preference: the next is
   * taken while EC2 has none of those before. What names mean, and which hosts have what at which price: docs/gpus.md.
   * @default - no GPU
   */
  readonly gpu?: Gpu | readonly Gpu[] | undefined;
  /**
   * Whether it runs on EC2 spot instances, which cost about half, never more than on demand, and can be taken back with
   * two minutes' notice; what ran there runs again elsewhere. `"prefer"`: spot first, on demand where there is none.
   * `"require"`: on spot alone, however long it waits. `"never"`: on demand alone.
   * @default - `"prefer"`; `"never"` with `nonpreemptible`
   */
  readonly spot?: "prefer" | "require" | "never" | undefined;
  /** Cores reserved, at least 0.125. @default 0.125 */
  readonly cpu?: number | Resource | undefined;
  /** Memory reserved, at least 128 MiB; more than `limit` ends the container. @default 128 */
  readonly memoryMiB?: number | Resource | undefined;
  /** Scratch disk, 1 to 3072 GiB. @default - what the machine has */
  readonly ephemeralDiskGiB?: number | undefined;
  /** What one attempt may take, 1 to 86400 seconds. @default 300 */
  readonly timeoutSeconds?: number | undefined;
  /** What a container may take to be ready, 1 to 86400 seconds. @default - `timeoutSeconds` */
  readonly startupTimeoutSeconds?: number | undefined;
  /** Retries of failed and timed out inputs: a number, 1 s apart, or a Retries. @default 0 */
  readonly retries?: number | Retries | undefined;
  /** Containers that are kept running, even without inputs. @default 0 */
  readonly minContainers?: number | undefined;
  /** Containers that run at once, at most. @default - no limit */
  readonly maxContainers?: number | undefined;
  /** Idle containers kept ready while there are inputs. @default 0 */
  readonly bufferContainers?: number | undefined;
  /** A container stops after this long without an input, 2 to 1200 seconds. @default 60 */
  readonly scaledownWindowSeconds?: number | undefined;
  /** Inputs that one container runs at once. @default - one */
  readonly concurrency?: ConcurrencyOptions | undefined;
  /**
   * It is called with single inputs and runs them in batches: the handler takes one array a parameter and returns an array
   * with an output for each input. Of a class the one method that it has. With `concurrency`, several batches run at once.
   * @default - no batches
   */
  readonly batch?: Batch | undefined;
  /** Every input gets a container of its own, which then stops. @default false */
  readonly singleUseContainers?: boolean | undefined;
  /** What is on the disk of its containers. @default - that of the App, else `Image.debianSlim()` */
  readonly image?: Image | undefined;
  /** Environment variables; they win over those of the App. @default - those of the App */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * Secrets whose variables its containers have, after those of the App: a later one wins, and `env` over all.
   * @default - those of the App
   */
  readonly secrets?: readonly Secret[] | undefined;
  /**
   * Volumes and buckets by the path that containers have them at; `volume.path` says where that is in any process. Paths
   * of the App stay unless they are given here too.
   * @example { "/data": Volume.fromName("data", { createIfMissing: true }) }
   * @default - those of the App
   */
  readonly volumes?: Readonly<Record<string, Mountable>> | undefined;
  /**
   * Later containers start with what earlier ones have put into caches: weights, compiled kernels. The memory itself is
   * not kept. Which caches: `snapshotCaches`.
   * @default false
   */
  readonly enableMemorySnapshot?: boolean | undefined;
  /**
   * Further environment variables that name a cache: with `enableMemorySnapshot`, each is set to a folder that later
   * containers find as earlier ones left it. HF_HOME, TORCH_HOME, TORCHINDUCTOR_CACHE_DIR, TRITON_CACHE_DIR,
   * VLLM_CACHE_ROOT, CUDA_CACHE_PATH, NUMBA_CACHE_DIR and XDG_CACHE_HOME always are, unless they are set.
   * @default - no further ones
   */
  readonly snapshotCaches?: readonly string[] | undefined;
  /** No network but for inputs and results. @default false */
  readonly blockNetwork?: boolean | undefined;
  /** Never on machines that can be taken away; not with `gpu`, which takes `spot: "never"`. @default false */
  readonly nonpreemptible?: boolean | undefined;
  /**
   * What its containers may call beside their own function: functions and classes of this app (`"resize"`), all of an app
   * (`"media"`, this one by its name as well), or some of another that is deployed in the same environment
   * (`"media/resize"`); and the dicts, queues, secrets and volumes that they may use, as objects. On AWS it then has a
   * role of its own, which can do no more; what a container uses that is not named fails on every machine with the code
   * `WINDLASS_NOT_IN_USES`.
   * @default - all of its own app, and all dicts, queues, secrets and volumes that its module names
   */
  readonly uses?: readonly (string | StoredObject)[] | undefined;
  /**
   * Which events it tells: `"off"`, `"failures"` for all but completed calls, `"all"`, or `{ sampleRate: 0.01 }` for that
   * share of completed calls and all others. On AWS a million events cost $1.00. What `app.on` calls tells none. What
   * events there are: docs/events.md.
   * @default - `"failures"`; `"all"` in an app that has an `app.on("call.completed", …)`
   */
  readonly events?: EventsOption | undefined;
}

/** Options of a class. */
export interface ClsOptions<
  Schema extends StandardSchema | undefined = StandardSchema | undefined,
  Batch extends BatchOptions | undefined = undefined,
> extends ContainerOptions<Batch> {
  /**
   * Standard Schema of the constructor's parameters: checks those of each object, here and in the container, whose
   * constructor is given what the schema makes of them.
   * @default - parameters are as their types say
   */
  readonly params?: Schema;
}

/** Options of a function. */
export interface FunctionOptions<
  When extends Schedule | undefined = Schedule | undefined,
  Batch extends BatchOptions | undefined = undefined,
> extends ContainerOptions<Batch> {
  /** When it runs by itself; its handler then has no required parameters. @default - when called */
  readonly schedule?: When;
}

/** Options of functions and of classes, whether or not they take batches. */
export type AnyContainerOptions = ContainerOptions<BatchOptions | undefined>;

/** Options of a class, whether or not it has a schema or takes batches. */
export type AnyClsOptions = ClsOptions<StandardSchema | undefined, BatchOptions | undefined>;

/** Options of a function, whether or not it has a schedule or takes batches. */
export type AnyFunctionOptions = FunctionOptions<Schedule | undefined, BatchOptions | undefined>;

/** Options that `withOptions` changes. */
export type VariantOptions = Pick<ContainerOptions, VariantName>;

/** Options of an App. */
export interface AppOptions {
  /** Labels for bills and lists, at most 63 characters each. @default - none */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Image of every function and class that has none of its own. @default - `Image.debianSlim()` */
  readonly image?: Image | undefined;
  /** Environment variables of every function and class. @default - none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Secrets whose variables the containers of every function and class have. @default - none */
  readonly secrets?: readonly Secret[] | undefined;
  /** Volumes and buckets that the containers of every function and class have, by path. @default - none */
  readonly volumes?: Readonly<Record<string, Mountable>> | undefined;
  /**
   * Error classes that arrive as instances, here and in containers, by the names that they travel under:
   * `{ QuotaError }`. Those that the module of the app exports are known to `windlass` and to containers without this.
   * @default - none
   */
  readonly errors?: ErrorClasses | undefined;
}
