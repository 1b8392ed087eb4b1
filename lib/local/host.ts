import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Runner } from "../../runtime-shim/agent/runner-process.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { FunctionSpec, ImageSpec } from "../spec.ts";
import type { SecretValues } from "../storage/secret-values.ts";
import type { Stores } from "../storage/stores.ts";
import type { Answers } from "../web/answers.ts";
import { dropPrewarmed, type InspectOptions, startPythonRunner, startRunner } from "./container.ts";
import { LocalMounts, type OpenMounts } from "./local-mounts.ts";
import { PythonHost } from "./python/python-host.ts";
import { readLocalSecret } from "./storage/local-secrets.ts";
import { localStores } from "./storage/local-stores.ts";
import { LocalTokens } from "./storage/local-tokens.ts";
import { type CallStore, Store } from "./store.ts";
import { localAnswers } from "./web/local-answers.ts";

/** Functions without `maxContainers` work in this many containers at most, or one a core if that is more. */
const DEFAULT_WORKING = 4;

/** What an engine stands on: this machine, or a test. */
export interface EngineHost {
  readonly clock: Clock;
  readonly stores: Stores;
  /** Where containers have what they mount. */
  readonly mounts: LocalMounts;
  /** Containers in which a function without `maxContainers` works at a time. */
  readonly maxWorking: number;
  /** True when an earlier engine may have left calls. */
  readonly hasCalls: boolean;
  openCalls(): Promise<CallStore>;
  /** Variables of a secret that has a name. @throws NotFoundError */
  readSecret(name: string): SecretValues;
  /** Whether requests may carry the token with this hash. */
  findToken(hash: string): boolean;
  /** Keeps answers of requests that come late. */
  readonly answers: Answers | undefined;
  /** Requests without any part of an answer for this long are told to ask again. @default 150000, as with Modal */
  readonly lateAfterMs?: number | undefined;
  /** The command that runs Python for a function that is written in it. @throws WindlassError */
  pythonOf(spec: FunctionSpec): Promise<string>;
  /** A fresh process, or what stands for one; it is told what to run. */
  startRunner(
    spec: FunctionSpec,
    python: string | undefined,
    volumes: OpenMounts | undefined,
  ): Runner;
  /** Containers have what their images say, at the paths that functions name. */
  readonly hasImages: boolean;
  /** Containers share the ports of this machine. */
  readonly sharesPorts: boolean;
  /** No more containers will start. */
  close(): void;
}

export interface MachineOptions {
  readonly app: string;
  readonly root: string;
  readonly stateDirectory: string;
  readonly images: readonly ImageSpec[];
  readonly inspect: InspectOptions | undefined;
  readonly usesVenv: boolean;
  readonly notice: (text: string) => void;
}

/** This machine: containers are processes, and what is stored is in files. */
export function thisMachine(options: MachineOptions): EngineHost {
  const { app, root, stateDirectory, images, inspect, usesVenv, notice } = options;
  const stores = localStores(stateDirectory);
  const readSecret = (name: string): SecretValues => readLocalSecret(stateDirectory, name);
  const python = new PythonHost({ images, stateDirectory, usesVenv, notice });
  return {
    clock: systemClock,
    stores,
    mounts: new LocalMounts({ app, stateDirectory, stores, readSecret, clock: systemClock }),
    maxWorking: Math.max(DEFAULT_WORKING, availableParallelism()),
    get hasCalls() {
      return existsSync(join(stateDirectory, "calls.lmdb"));
    },
    openCalls: () => Store.open(stateDirectory),
    readSecret,
    findToken: (hash) => new LocalTokens(stateDirectory).has(hash),
    answers: localAnswers(stateDirectory, systemClock),
    pythonOf: (spec) => python.commandOf(spec),
    hasImages: false,
    sharesPorts: true,
    startRunner: (spec, command) =>
      command === undefined
        ? startRunner(root, { inspect, takesConnections: spec.web !== null })
        : startPythonRunner(root, command),
    close: dropPrewarmed,
  };
}
