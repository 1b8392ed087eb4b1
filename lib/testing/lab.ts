import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { App } from "../app.ts";
import type { Backend, Target } from "../backend.ts";
import { attachBackend, type Run } from "../client/run.ts";
import { type Clock, systemClock } from "../clock.ts";
import { ExecutionError, InvalidError } from "../errors.ts";
import { createObjectId } from "../ids.ts";
import { type EngineEvents, LocalEngine } from "../local/engine.ts";
import { show } from "../options/show.ts";
import { resolveSpec } from "../resolve.ts";
import { runtime } from "../runtime.ts";
import { inlineSecrets } from "../storage/app-secrets.ts";
import { CallLog } from "./call-log.ts";
import { shareProcess } from "./container-scope.ts";
import { Doubles } from "./doubles.ts";
import { InProcessRunner } from "./in-process-runner.ts";
import { loadForTest } from "./loading.ts";
import type { TestAppOptions, TestClock } from "./test-app.ts";
import { createTestHost, createTestStores, type TestStores } from "./test-host.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** A cancelled input that does not stop has this long before its container ends; the agent looks 20 times a second. */
const CANCEL_MS = 1050;
/** What is overdue is seen within this. */
const LOOK_MS = 100;

const SILENT: EngineEvents = { log: () => {}, notice: () => {} };

/** Engines of apps under test, in this process, and what a test does with them. */
export class Lab {
  readonly log: CallLog;
  readonly doubles: Doubles = new Doubles();
  readonly #time: Clock;
  readonly #virtual: VirtualClock | undefined;
  readonly #startedAt: number;
  readonly #runners: Set<InProcessRunner> = new Set();
  readonly #engines: LocalEngine[] = [];
  readonly #runs: Omit<Run, "backend">[] = [];
  readonly #restore: () => void;
  /** Of volumes; it is there once there is one. */
  readonly #folder: string = join(tmpdir(), `windlass-test-${createObjectId()}`);
  #isClosed = false;

  private constructor({ time = "automatic", startsAt = new Date() }: TestAppOptions) {
    const virtual = (): VirtualClock =>
      new VirtualClock({
        startsAt: startsAt.getTime(),
        isAutomatic: time === "automatic",
        isWorking: () => this.#isWorking(),
      });
    this.#virtual = time === "real" ? undefined : virtual();
    this.#time = this.#virtual ?? systemClock;
    this.#startedAt = this.#time.now();
    this.log = new CallLog(
      () => this.clock.nowSeconds,
      () => this.#touch(),
    );
    const share = shareProcess();
    const { clock } = runtime;
    runtime.clock = this.#time;
    this.#restore = () => {
      runtime.clock = clock;
      share();
    };
  }

  static async open(apps: readonly App[], options: TestAppOptions): Promise<Lab> {
    const lab = new Lab(options);
    try {
      const given = {
        secrets: options.secrets ?? {},
        folder: lab.#folder,
        onChange: () => lab.#touch(),
      };
      const stores = await createTestStores(lab.#time, given);
      for (const app of apps) await lab.#start(app, stores);
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  get clock(): TestClock {
    const [time, startedAt, virtual] = [this.#time, this.#startedAt, this.#virtual];
    return {
      get nowSeconds() {
        return (time.now() - startedAt) / 1000;
      },
      async advanceSeconds(seconds) {
        if (virtual === undefined) throw timeIsReal();
        if (!(seconds >= 0) || seconds === Number.POSITIVE_INFINITY) throw notATime(seconds);
        await virtual.advance(seconds * 1000);
      },
      settle: async () => await virtual?.settle(),
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await Promise.all(this.#runs.map((run) => run.close()));
    } finally {
      this.#restore();
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  async #start(app: App, stores: TestStores): Promise<void> {
    const host = createTestHost({
      ...{ app: app.name, clock: this.#time, folder: this.#folder, stores },
      isFaked: ({ name }) => this.doubles.of({ app: app.name, name }) !== undefined,
      startRunner: () => this.#startRunner(app),
    });
    const engine = new LocalEngine(host, {
      spec: resolveSpec(app),
      inlineSecrets: inlineSecrets(app),
      // It is in this process already.
      bundle: { file: "", hash: "" },
      root: process.cwd(),
      events: SILENT,
      acceptsCpu: true,
      observer: this.log,
    });
    this.#engines.push(engine);
    this.#runs.push(attachBackend(app, engine));
    await engine.start();
  }

  #startRunner(app: App): InProcessRunner {
    const runner: InProcessRunner = new InProcessRunner({
      load: (request) =>
        loadForTest(
          app,
          { request, runner },
          {
            ...{ doubles: this.doubles, log: this.log },
            onHang: (target, isOver) => this.#passTimeout(target, isOver),
          },
        ),
      backendOf: (container, { inputId }) =>
        noting(container, (callId) => this.log.made(callId, inputId)),
      onActivity: () => this.#touch(),
      onCancel: () => this.#passTime(CANCEL_MS, () => runner.attempts.size === 0),
      onEnd: () => this.#runners.delete(runner),
    });
    this.#runners.add(runner);
    return runner;
  }

  #passTimeout({ app, name }: Target, isOver: () => boolean): void {
    const engine = this.#engines.find((one) => one.app === app);
    this.#passTime((engine?.timeoutSecondsOf(name) ?? 0) * 1000, isOver);
  }

  /** Lets time pass until something is over that waits for nothing else. */
  #passTime(ms: number, isOver: () => boolean): void {
    this.#time.after(ms, () => {
      if (!isOver()) this.#passTime(LOOK_MS, isOver);
    });
  }

  #touch(): void {
    this.#virtual?.touch();
  }

  /** True while code of the apps runs that is not waiting for other code of theirs. */
  #isWorking(): boolean {
    const containers = this.#engines.flatMap((engine) => engine.snapshot());
    const status = new Map(
      containers.flatMap((pool) => pool.containers.map((one) => [one.id, one.status] as const)),
    );
    return [...this.#runners].some(
      (runner) =>
        status.get(runner.containerId) === "starting" ||
        (status.get(runner.containerId) !== "blocked" && runner.isWorking),
    );
  }
}

/** A backend that says which calls are made. */
function noting(backend: Backend, note: (callId: string) => void): Backend {
  return {
    name: backend.name,
    stores: backend.stores,
    open(request, sink) {
      note(request.callId);
      return backend.open(request, sink);
    },
    spawn(request, page) {
      note(request.callId);
      return backend.spawn(request, page);
    },
    spawnOnce(request, page) {
      note(request.callId);
      return backend.spawnOnce(request, page);
    },
    endSpawn: (callId, total) => backend.endSpawn(callId, total),
    read: (query) => backend.read(query),
    cancel: (callId, index, options) => backend.cancel(callId, index, options),
    trace: (query) => backend.trace(query),
    noteMade: (callId, made) => backend.noteMade(callId, made),
    updateAutoscaler: (target, settings) => backend.updateAutoscaler(target, settings),
    getCurrentStats: (target) => backend.getCurrentStats(target),
    url: (target) => backend.url(target),
    findToken: (hash) => backend.findToken(hash),
    functions: (app) => backend.functions(app),
  };
}

function timeIsReal(): ExecutionError {
  return new ExecutionError(
    "WINDLASS_TIME_IS_REAL",
    'advanceSeconds() needs a clock of the test, got `time: "real"`',
    { hint: "leave `time` out of testApp()" },
  );
}

function notATime(seconds: number): InvalidError {
  return new InvalidError(
    "WINDLASS_INVALID_ADVANCE",
    `advanceSeconds() takes a number of seconds from 0 on, got ${show(seconds)}`,
  );
}
