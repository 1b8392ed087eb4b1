import type { ControlRequest } from "../../cdk/controller/control.ts";
import type { Balancer, StoredObjects } from "../../cdk/controller/ports.ts";
import { CONTROLLER, HOST_PREFIX, type HostRow } from "../../cdk/controller/rows.ts";
import { App } from "../../lib/app.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { appKey, callKey, deploymentKey, parametersKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import type { Objects } from "../../lib/aws/objects.ts";
import type { ParametersRow } from "../../lib/aws/parameter-sets.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { MemoryObjects, MemoryTable } from "../aws/memory-table.ts";
import { Random } from "../aws/random.ts";
import { Call, Caller } from "./caller.ts";
import type { CallStep } from "./calls.ts";
import type { Clock } from "./clock.ts";
import { Container } from "./container.ts";
import { Ec2, type Ec2Instance } from "./ec2.ts";
import { Ecs, type EcsTask } from "./ecs.ts";
import { Faults } from "./faults.ts";
import type { Limits } from "./functions.ts";
import { Lambda } from "./lambda.ts";
import { APP, DEAD_LETTERS, queueOf } from "./names.ts";
import type { Program, Surroundings } from "./program.ts";
import type { Scenario, Step, Who } from "./scenario.ts";
import { Sqs } from "./sqs.ts";
import { trouble } from "./trouble.ts";
import { Watch } from "./watch.ts";

const SWEEP_MS = 60_000;
/** The unit on each host looks this often, and ends a host on which nothing has run for so long. */
const HOST_LOOK_MS = 20_000;
const HOST_IDLE_MS = 300_000;
const MAX_USD_PER_HOUR = 10;

/** Nothing in the bucket gets so old that it is removed. */
const NOTHING_STORED: StoredObjects = {
  list: async () => [],
  remove: async (keys) => {
    throw new Error(`nobody has stored ${keys.join()}`);
  },
};

async function noEndpoints(): Promise<never> {
  throw new Error("no function here answers requests");
}

const NO_BALANCER: Balancer = {
  targets: noEndpoints,
  register: noEndpoints,
  deregister: noEndpoints,
  destination: noEndpoints,
  direct: noEndpoints,
};

/** Containers that share a queue. */
export interface Pool {
  readonly key: string;
  readonly url: string;
  readonly spec: FunctionSpec;
}

/** A host as the controller has written it down. */
export type WrittenHost = HostRow & { readonly id: string };

/** AWS with Windlass on it: the real controller, agents and clients, in virtual time. */
export class World implements Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults = new Faults();
  readonly table: MemoryTable = new MemoryTable();
  readonly sqs: Sqs;
  readonly ec2: Ec2;
  readonly ecs: Ecs;
  readonly lambda: Lambda;
  readonly watch: Watch;
  readonly limits: Limits;
  readonly calls: Call[] = [];
  readonly specs: Map<string, FunctionSpec> = new Map();
  /** What went wrong that no caller was told of. */
  readonly onError = (error: unknown): void => {
    if (!String(error).includes("Throttling")) this.watch.unexpected(error);
  };
  /** How often something other than an input has ended a container, or may have. */
  blows = 0;
  readonly #objects: MemoryObjects = new MemoryObjects();
  readonly #containers: Map<EcsTask, Container> = new Map();
  readonly #callers: Set<Caller> = new Set();
  #events: { how: "lost" | "doubled" | "late"; until: number } = { how: "late", until: 0 };
  #deployments = 0;

  constructor(clock: Clock, seed: number, limits: Limits = {}) {
    this.clock = clock;
    this.limits = limits;
    this.random = new Random(seed);
    this.sqs = new Sqs(clock);
    this.watch = new Watch(this);
    this.ecs = new Ecs(this, {
      placed: (task) => this.watch.placed(task),
      started: (task) => this.#containers.set(task, new Container(this, task)),
      told: (task) => this.#containers.get(task)?.stop(),
      stopped: (task) => this.#stopped(task),
    });
    this.ec2 = new Ec2(this, {
      bought: (instance, purchase) => {
        this.watch.bought(instance, purchase);
        this.#mind(instance);
      },
      refused: (purchase, code) => this.watch.refused(purchase, code),
      booted: (instance) => {
        this.ecs.register(instance);
        this.#tell({ kind: "change", instanceId: instance.id });
      },
      warned: (instance) => this.#warned(instance),
      ended: (instance) => {
        this.ecs.lose(instance);
        this.#tell({ kind: "change", instanceId: instance.id });
      },
    });
    this.lambda = new Lambda({
      around: this,
      ports: (program) => ({
        ...this.storesOf(program),
        stored: NOTHING_STORED,
        queues: this.sqs.demand(program),
        cluster: this.ecs.cluster(program),
        fleet: this.ec2.fleet(program),
        balancer: NO_BALANCER,
      }),
      limits: { maxUsdPerHour: MAX_USD_PER_HOUR, ...limits },
      onDone: (request, startedAt) => this.watch.controlled(request, startedAt),
      onError: this.onError,
    });
    this.sqs.onSend = (url) => this.watch.sent(url);
    this.table.onWrite = ({ pk }, before, after) => this.watch.wrote(pk, before, after);
    clock.every(SWEEP_MS, () => this.lambda.invoke({ kind: "sweep" }));
    clock.every(5000, () => this.watch.look());
  }

  /** Table and bucket, as a program reaches them. */
  storesOf(program: Program): { readonly rows: Rows; readonly objects: Objects } {
    const { texts } = this.#objects;
    return {
      rows: this.table.port((operation, moment) => program.gate(`rows.${operation}`, moment)),
      objects: {
        put: (key, text) => program.ask("objects.put", () => void texts.set(key, text)),
        get: (key) =>
          program.ask("objects.get", () => {
            const text = texts.get(key);
            if (text === undefined) throw new Error(`no object "${key}"`);
            return text;
          }),
      },
    };
  }

  /** Makes these functions, or their next code, the current deployment. */
  async deploy(functions: Scenario["functions"]): Promise<void> {
    this.#deployments += 1;
    const number = this.#deployments;
    const definition = new App(APP);
    for (const name of Object.keys(functions)) definition.function(name, () => 1);
    const specs = resolveSpec(definition).functions.map((spec) => ({
      ...spec,
      ...functions[spec.name],
    }));
    for (const spec of specs) this.specs.set(spec.name, spec);
    const manifest: Manifest = {
      ...{ version: 1, app: APP, module: APP, environment: "test", bucket: "bucket" },
      ...{ table: "table", cluster: "cluster", deadLetterQueueUrl: DEAD_LETTERS, logGroup: "logs" },
      functions: Object.fromEntries(
        specs.map((spec) => {
          const place = { queueUrl: queueOf(spec.name), taskDefinition: "t", containerName: "c" };
          return [spec.name, { ...place, spec }];
        }),
      ),
    };
    const manifestKey = `manifests/${number}.json`;
    this.#objects.texts.set(manifestKey, JSON.stringify(manifest));
    const rows = this.table.port(async () => {});
    const row: DeploymentRow = {
      ...{ number, codeHash: `code-${number}`, manifestKey, specHash: "", at: 0, owner: "" },
      ...{ shards: "", templateHash: "", isAhead: false },
    };
    await rows.put(deploymentKey(APP), row, number - 1);
    if (number === 1) await rows.put(appKey(APP), { app: APP }, 0);
  }

  /** Asks for the controller, as a program does. */
  async wake(program: Program, pools: readonly string[]): Promise<void> {
    await program.ask("lambda.invoke", () => this.lambda.invoke({ kind: "wake", app: APP, pools }));
  }

  /** Another client goes on waiting for a call that was spawned. */
  readAgain(call: Call): void {
    this.clock.after(20_000, () => {
      if (!call.isOpen) return;
      const caller = new Caller(this, call);
      this.#callers.add(caller);
      void caller.read();
    });
  }

  /** Pools that may have containers: of functions, and of parameter sets that were called. */
  get pools(): readonly Pool[] {
    const own = [...this.specs.values()].map((spec) => {
      return { key: spec.name, url: queueOf(spec.name), spec };
    });
    const sets = this.table.list<ParametersRow>(parametersKey(APP, "").pk);
    return [
      ...own,
      ...sets.map(({ sk, body }) => {
        return { key: sk, url: body.queueUrl, spec: this.specOf(body.function) };
      }),
    ];
  }

  get hostRows(): readonly WrittenHost[] {
    return this.table
      .list<HostRow>(CONTROLLER)
      .filter(({ sk }) => sk.startsWith(HOST_PREFIX))
      .map(({ sk, body }) => ({ ...body, id: sk.slice(HOST_PREFIX.length) }));
  }

  specOf(name: string): FunctionSpec {
    const spec = this.specs.get(name);
    if (spec === undefined) throw new Error(`no function "${name}"`);
    return spec;
  }

  isCancelled(callId: string): boolean {
    const [row] = this.table.list<{ state: string }>(callKey(APP, callId).pk);
    return row?.body.state === "cancelled";
  }

  do(step: Step, functions: Scenario["functions"]): void {
    if (isBlow(step)) this.blows += 1;
    if (step.kind === "call") this.#call(step);
    else if (step.kind === "deploy") void this.deploy(functions);
    else trouble(step, this);
  }

  /** What happens to tasks and instances is told so for a while. */
  tellOddly(how: "lost" | "doubled" | "late", forMs: number): void {
    this.#events = { how, until: this.clock.now + forMs };
  }

  /** Programs that run. */
  programs(who: Who): readonly Program[] {
    if (who === "controller") return this.lambda.programs;
    const all = who === "container" ? this.#containers.values() : this.#callers.values();
    return [...all].map(({ program }) => program).filter(({ isAlive }) => isAlive);
  }

  /** Nothing more goes wrong. */
  heal(): void {
    this.#events = { how: "late", until: 0 };
    for (const one of [this.faults, this.ec2, this.ecs, this.sqs]) one.heal();
  }

  #call(step: CallStep): void {
    const call = new Call(step, this.clock.now);
    this.calls.push(call);
    this.watch.called(call);
    const caller = new Caller(this, call);
    this.#callers.add(caller);
    void caller.run();
  }

  #stopped(task: EcsTask): void {
    this.watch.stopped(task);
    this.#containers.get(task)?.program.kill();
    this.#containers.delete(task);
    this.#tell({ kind: "change" });
  }

  /** EventBridge brings it a moment later, or never, or twice. */
  #tell(request: ControlRequest): void {
    const { how, until } = this.#events;
    const isOdd = until > this.clock.now;
    if (isOdd && how === "lost") return;
    const delay = (): number => (isOdd && how === "late" ? 90_000 : 3000) * this.random.next();
    for (let times = isOdd && how === "doubled" ? 2 : 1; times > 0; times -= 1) {
      this.clock.after(delay(), () => this.lambda.invoke(request));
    }
  }

  #warned(instance: Ec2Instance): void {
    this.#tell({ kind: "interruption", instanceId: instance.id });
    // The unit on the host looks every two seconds.
    this.clock.after(2000 * this.random.next(), () => {
      this.ecs.drain(instance);
      for (const task of this.ecs.tasksOn(instance)) this.#containers.get(task)?.stop();
    });
  }

  /** The unit on a host ends it when nothing has run there for long. */
  #mind(instance: Ec2Instance): void {
    let usedAt = this.clock.now;
    const looking = this.clock.every(HOST_LOOK_MS, () => {
      if (instance.endedAt !== undefined) return looking.cancel();
      const isRegistered = this.ecs.isRegistered(instance);
      if (!isRegistered || this.ecs.tasksOn(instance).length > 0) usedAt = this.clock.now;
      else if (this.clock.now - usedAt > HOST_IDLE_MS) this.ec2.end(instance);
    });
  }
}

function isBlow(step: Step): boolean {
  if (step.kind === "die" || step.kind === "pause") return step.who === "container";
  return step.kind === "kill-container" || step.kind === "power-cut";
}
