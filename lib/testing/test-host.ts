import type { Runner } from "../../runtime-shim/agent/runner-process.ts";
import type { Clock } from "../clock.ts";
import { ContainerStartupError } from "../errors.ts";
import type { EngineHost } from "../local/host.ts";
import { LocalMounts } from "../local/local-mounts.ts";
import { storesIn, volumesIn } from "../local/storage/local-stores.ts";
import type { FunctionSpec } from "../spec.ts";
import { StoredBuckets } from "../storage/buckets/stored-buckets.ts";
import type { SecretValues } from "../storage/secret-values.ts";
import type { Stores } from "../storage/stores.ts";
import { MemoryCalls } from "./memory-calls.ts";
import { MemorySecrets } from "./memory-secrets.ts";
import { MemoryStorage } from "./memory-storage.ts";

/** Containers in which a function without `maxContainers` works: the same on each machine. */
const MAX_WORKING = 4;

/** Dicts, queues and secrets that end with a test. */
export interface TestStores extends Stores {
  readonly secrets: MemorySecrets;
}

export async function createTestStores(
  clock: Clock,
  given: {
    readonly secrets: Readonly<Record<string, SecretValues>>;
    /** Where files of volumes are; made with the first. */
    readonly folder: string;
    readonly onChange: () => void;
  },
): Promise<TestStores> {
  const { objects, dicts, queues } = storesIn(new MemoryStorage(given.onChange), clock);
  const alone = async <Result>(act: () => Result): Promise<Result> => act();
  const withVolumes = volumesIn(given.folder, objects, { clock, alone });
  const secrets = new MemorySecrets((name) => objects.require("secret", name));
  for (const [name, values] of Object.entries(given.secrets)) {
    await objects.create("secret", name, false);
    await secrets.update(name, values);
  }
  return { ...withVolumes, dicts, queues, secrets, buckets: new StoredBuckets(secrets) };
}

export interface TestHostOptions {
  readonly app: string;
  readonly clock: Clock;
  /** Where files of volumes are. */
  readonly folder: string;
  readonly stores: TestStores;
  isFaked(spec: FunctionSpec): boolean;
  startRunner(): Runner;
}

/** What the engine of a test stands on: memory, and a folder for volumes. */
export function createTestHost(options: TestHostOptions): EngineHost {
  const { app, clock, folder, stores } = options;
  const readSecret = (name: string): SecretValues => stores.secrets.readNow(name);
  return {
    clock,
    stores,
    mounts: new LocalMounts({ app, stateDirectory: folder, stores, readSecret, clock }),
    maxWorking: MAX_WORKING,
    hasCalls: false,
    openCalls: async () => new MemoryCalls(),
    readSecret,
    async pythonOf(spec) {
      if (!options.isFaked(spec)) throw notFaked(spec.name);
      return "";
    },
    // Requests are not sent to apps of a test.
    findToken: () => false,
    answers: undefined,
    hasImages: false,
    sharesPorts: true,
    startRunner: () => options.startRunner(),
    close: () => {},
  };
}

function notFaked(name: string): ContainerStartupError {
  return new ContainerStartupError(
    "WINDLASS_PYTHON_NOT_FAKED",
    `"${name}" is written in Python, which testApp() does not run`,
    {
      hint: 'give it a fake: `media.fake(handle, …)`; or run the app with `backend: "local"`',
    },
  );
}
