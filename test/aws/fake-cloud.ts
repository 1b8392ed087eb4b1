import { Apps } from "../../cdk/controller/apps.ts";
import { type ControlRequest, control, type Outcome } from "../../cdk/controller/control.ts";
import type { Controller } from "../../cdk/controller/controller.ts";
import {
  type ClusterHost,
  type ClusterTask,
  type ControllerPorts,
  type ControllerSettings,
  type Instance,
  LISTED_OBJECTS,
  type Purchase,
  type PurchaseAnswer,
  type TaskRequest,
} from "../../cdk/controller/ports.ts";
import { App } from "../../lib/app.ts";
import type { ContainerRow } from "../../lib/aws/container-row.ts";
import { appKey, callKey, containerKey, deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest, ManifestWeb } from "../../lib/aws/manifest.ts";
import { sealInputs } from "../../lib/aws/range-message.ts";
import { writeScaling } from "../../lib/aws/scaling.ts";
import type { AutoscalerSettings } from "../../lib/backend.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import type { WindlassEvent } from "../../lib/events.ts";
import { createCallId } from "../../lib/ids.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { Room } from "../../lib/scheduling/fit.ts";
import { HOST_TYPES } from "../../lib/scheduling/host-types.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { FakeBalancer } from "./fake-balancer.ts";
import { MemoryObjects, MemoryTable } from "./memory-table.ts";

const BOOT_MS = 48_000;
const BEAT_MS = 10_000;
const ZONES = ["us-east-1a", "us-east-1b"];

interface FakeInstance extends Instance {
  isOn: boolean;
  isDraining: boolean;
  isConnected: boolean;
}

interface FakeTask extends ClusterTask {
  isStopped: boolean;
  reason: string | null;
  readonly instance: FakeInstance;
  readonly request: TaskRequest;
}

interface FakeMessage {
  readonly id: number;
  readonly body: string;
  visibleAt: number;
}

/** The invocation that made this step died of it. */
export class Died extends Error {}

/**
 * EC2, ECS, SQS and the table in memory, on a clock of their own: hosts boot, agents beat, work and drain. Every step
 * of the controller passes one gate, where a test may end or hold it.
 */
export class FakeCloud {
  now = 1_800_000_000_000;
  readonly table: MemoryTable = new MemoryTable();
  readonly objects: MemoryObjects = new MemoryObjects();
  readonly instances: FakeInstance[] = [];
  readonly tasks: FakeTask[] = [];
  readonly queues: Map<string, FakeMessage[]> = new Map();
  readonly requests: string[] = [];
  /** When objects were written; those that are not here were long ago. */
  readonly writtenAt: Map<string, number> = new Map();
  readonly deregistered: string[] = [];
  readonly logs: Readonly<Record<string, unknown>>[] = [];
  readonly events: WindlassEvent[] = [];
  /** What CreateFleet answers where something is not for sale: for a type, one of its markets, a market, or `*`. */
  readonly refusals: Map<string, string> = new Map();
  /** What it says beside that. */
  refusalMessage = "";
  /** What was asked for, in order: `g6.xlarge spot`. */
  readonly asked: string[] = [];
  /** Types that register with something else than expected. */
  readonly registers: Map<string, Room> = new Map();
  /** Agents that no longer write. */
  readonly silent: Set<string> = new Set();
  agentsWork = true;
  /** Number of the last deployment. */
  deployment = 0;
  readonly balancer: FakeBalancer = new FakeBalancer(() => this.now);
  /** Requests in containers, by what they run: `media/site`. */
  readonly traffic: Map<string, { readonly inside: number; readonly waiting: number }> = new Map();
  /** What the environment may have at most. */
  limits: Pick<ControllerSettings, "maxHosts" | "maxTotalUsdPerHour"> = {};
  gate: (operation: string, moment: "before" | "after") => Promise<void> = async () => {};
  #ids = 0;
  readonly #tokens: Map<string, FakeInstance> = new Map();
  readonly #beats: Map<string, number> = new Map();

  get bought(): number {
    return this.instances.length;
  }

  get on(): readonly FakeInstance[] {
    return this.instances.filter(({ isOn }) => isOn);
  }

  get runningTasks(): readonly FakeTask[] {
    return this.tasks.filter(({ isStopped }) => !isStopped);
  }

  /** Deploys an app with these functions; each queue is named after its function. */
  async deploy(
    app: string,
    functions: Readonly<Record<string, Partial<FunctionSpec>>>,
    number = 1,
  ): Promise<void> {
    const definition = new App(app);
    for (const name of Object.keys(functions)) definition.function(name, () => 1);
    const spec = resolveSpec(definition);
    const manifest: Manifest = {
      version: 1,
      app,
      module: "app.ts",
      environment: "test",
      bucket: "bucket",
      table: "table",
      cluster: "cluster",
      deadLetterQueueUrl: "dead",
      logGroup: "logs",
      frontTargetGroup: "front",
      functions: Object.fromEntries(
        spec.functions.map((one) => [
          one.name,
          {
            queueUrl: `${app}/${one.name}`,
            taskDefinition: "task-definition",
            containerName: "windlass",
            ...(functions[one.name]?.web && { web: webOf(one.name) }),
            spec: { ...one, ...functions[one.name] },
          },
        ]),
      ),
    };
    const manifestKey = `manifests/${app}/${this.now}.json`;
    await this.objects.put(manifestKey, JSON.stringify(manifest));
    const rows = this.table.port(async () => {});
    const key = deploymentKey(app);
    const before = await rows.get(key);
    await rows.put(key, { number, manifestKey }, before?.version ?? 0);
    await rows.put(appKey(app), { app }, 0);
    this.deployment = number;
  }

  /** What `updateAutoscaler` does, without the wake. */
  async scale(app: string, pool: string, settings: AutoscalerSettings): Promise<void> {
    await writeScaling(
      this.table.port(async () => {}),
      { app, pool },
      settings,
    );
  }

  /** Changes the row of the first container of the app "media". */
  async write(fields: Partial<ContainerRow>): Promise<void> {
    const rows = this.table.port(async () => {});
    const [{ id } = { id: "" }] = this.containers("media");
    const key = containerKey("media", id);
    const found = await rows.get<ContainerRow>(key);
    await rows.put(key, { ...found?.body, ...fields }, found?.version ?? 0);
  }

  /** Sends inputs of a call; answers its id. */
  async send(app: string, name: string, inputs = 1): Promise<string> {
    const callId = createCallId(this.now);
    const body = await sealInputs(
      {
        request: {
          callId,
          kind: "map",
          target: { app, name, method: undefined, params: undefined },
        },
        start: 0,
        end: inputs,
        unary: true,
        args: encodePage(
          Array.from({ length: inputs }, (_, i) => i),
          String,
        ),
        attempt: 0,
        isChild: false,
        deployment: 1,
        replyTo: undefined,
      } as never,
      this.objects,
    );
    this.#ids += 1;
    this.#queue(`${app}/${name}`).push({ id: this.#ids, body, visibleAt: this.now });
    return callId;
  }

  async cancel(app: string, callId: string): Promise<void> {
    const rows = this.table.port(async () => {});
    await rows.put(callKey(app, callId), { state: "cancelled", cancelled: [] }, 0);
  }

  waiting(url: string): number {
    return this.#queue(url).length;
  }

  containers(app: string): { id: string; row: ContainerRow }[] {
    return this.table
      .list<ContainerRow>(`${app}#containers`)
      .map(({ sk, body }) => ({ id: sk, row: body }));
  }

  /** A process of the controller: what it remembers is its own. */
  process(): Controller {
    return {
      ports: this.ports(),
      settings: {
        environment: "test",
        table: "table",
        bucket: "bucket",
        controller: "controller",
        maxUsdPerHour: 10,
        ...this.limits,
      },
      apps: new Apps(),
      notices: new Map(),
    };
  }

  invoke(request: ControlRequest, controller: Controller = this.process()): Promise<Outcome> {
    return control(request, controller);
  }

  /** Lets time pass: hosts boot, agents write. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    while (this.now < until) {
      this.now = Math.min(until, this.now + 1000);
      await this.#live();
    }
  }

  /** Power fails: nobody writes anything any more. */
  kill(instance: FakeInstance): void {
    instance.isOn = false;
    for (const task of this.runningTasks) {
      if (task.instance === instance)
        Object.assign(task, { isStopped: true, reason: "Host EC2 terminated" });
    }
  }

  ports(): ControllerPorts {
    const through = async <T>(operation: string, act: () => T | Promise<T>): Promise<T> => {
      await this.gate(operation, "before");
      this.requests.push(operation);
      const result = await act();
      await this.gate(operation, "after");
      return result;
    };
    const rows = this.table.port(async (operation, moment) => {
      await this.gate(`rows.${operation}`, moment);
      if (moment === "before") this.requests.push(`rows.${operation}`);
    });
    return {
      rows,
      objects: {
        put: (key, text) => this.objects.put(key, text),
        get: (key) => through("objects.get", () => this.objects.get(key)),
      },
      stored: {
        list: (prefix) =>
          through("stored.list", () =>
            [...this.objects.texts.keys()]
              .filter((key) => key.startsWith(prefix))
              .sort()
              .map((key) => ({ key, at: this.writtenAt.get(key) ?? 0 }))
              .slice(0, LISTED_OBJECTS),
          ),
        remove: (keys) =>
          through("stored.remove", () => {
            for (const key of keys) this.objects.texts.delete(key);
          }),
      },
      queues: {
        count: (url) =>
          through("queues.count", () => {
            const all = this.#queue(url);
            const waiting = all.filter(({ visibleAt }) => visibleAt <= this.now).length;
            return { waiting, hidden: all.length - waiting, delayed: 0 };
          }),
        peek: (url) => through("queues.peek", () => this.#peek(url)),
        giveBack: (url, handles) =>
          through("queues.giveBack", () => {
            for (const one of this.#queue(url)) {
              if (handles.includes(String(one.id))) one.visibleAt = this.now;
            }
          }),
        discard: (url, handles) =>
          through("queues.discard", () => {
            const kept = this.#queue(url).filter(({ id }) => !handles.includes(String(id)));
            this.queues.set(url, kept);
          }),
        find: (name) => through("queues.find", () => (this.queues.has(name) ? name : undefined)),
        remove: (url) =>
          through("queues.remove", () => {
            this.queues.delete(url);
          }),
      },
      fleet: {
        buy: (purchase) => through("fleet.buy", () => this.#buy(purchase)),
        instances: () =>
          through("fleet.instances", () => this.on.map((instance) => ({ ...instance }))),
        terminate: (ids) =>
          through("fleet.terminate", () => {
            for (const one of this.instances) if (ids.includes(one.id)) this.kill(one);
          }),
      },
      balancer: this.balancer.port(through),
      cluster: {
        hosts: () => through("cluster.hosts", () => this.#hosts().map(([host]) => host)),
        tasks: () => through("cluster.tasks", () => this.runningTasks.map((task) => ({ ...task }))),
        describe: (arns) =>
          through("cluster.describe", () =>
            this.tasks.filter(({ arn }) => arns.includes(arn)).map((task) => ({ ...task })),
          ),
        tasksOn: (arn) =>
          through("cluster.tasksOn", () =>
            this.runningTasks
              .filter(({ instance }) => `host/${instance.id}` === arn)
              .map((task) => task.arn),
          ),
        run: (request) => through("cluster.run", () => this.#run(request)),
        stop: (arn, reason) =>
          through("cluster.stop", () => {
            const task = this.tasks.find((one) => one.arn === arn);
            if (task !== undefined) Object.assign(task, { isStopped: true, reason });
          }),
        deregister: (taskDefinition) =>
          through("cluster.deregister", () => {
            this.deregistered.push(taskDefinition);
          }),
        setDraining: (arn, isDraining) =>
          through("cluster.setDraining", () => {
            const found = this.#hosts().find(([host]) => host.arn === arn);
            if (found !== undefined) found[1].isDraining = isDraining;
          }),
      },
      now: () => this.now,
      sleep: async (ms) => {
        await this.gate("sleep", "before");
        await this.pass(ms);
      },
      createId: () => {
        this.#ids += 1;
        return `id-${this.#ids}`;
      },
      log: (fields) => this.logs.push(fields),
      events: { emit: (event) => this.events.push(event) },
    };
  }

  #peek(url: string): { body: string; handle: string; receives: number }[] {
    const visible = this.#queue(url).filter(({ visibleAt }) => visibleAt <= this.now);
    return visible.slice(0, 10).map((message) => {
      message.visibleAt = this.now + 10_000;
      return { body: message.body, handle: String(message.id), receives: 1 };
    });
  }

  #buy({ id, type, market }: Purchase): PurchaseAnswer {
    const known = this.#tokens.get(id);
    if (known !== undefined) return { kind: "bought", instanceId: known.id };
    this.asked.push(`${type} ${market}`);
    const scopes = [`${type} ${market}`, type, market, "*"];
    const code = scopes.map((scope) => this.refusals.get(scope)).find((one) => one !== undefined);
    if (code !== undefined) {
      const message = this.refusalMessage;
      return { kind: "refused", refusals: ZONES.map((zone) => ({ code, message, zone })) };
    }
    const instance: FakeInstance = {
      id: `i-${this.instances.length + 1}`,
      purchase: id,
      type,
      market,
      launchedAt: this.now,
      isOn: true,
      isDraining: false,
      isConnected: true,
    };
    this.instances.push(instance);
    this.#tokens.set(id, instance);
    return { kind: "bought", instanceId: instance.id };
  }

  #hosts(): [ClusterHost, FakeInstance][] {
    return this.on
      .filter(({ launchedAt }) => this.now - launchedAt >= BOOT_MS)
      .map((instance) => {
        const tasks = this.runningTasks.filter((task) => task.instance === instance);
        const registered = this.#registered(instance.type);
        const room = tasks.reduce(
          (left, { request }) => ({
            cpu: left.cpu - request.needs.cpu,
            memoryMiB: left.memoryMiB - request.needs.memoryMiB,
            gpus: left.gpus - request.gpus,
          }),
          registered,
        );
        const { id, isConnected, isDraining } = instance;
        const seen = { isConnected, isDraining, registered, room, tasks: tasks.length };
        return [{ arn: `host/${id}`, instanceId: id, ...seen }, instance];
      });
  }

  #registered(name: string): Room {
    const type = HOST_TYPES.find((one) => one.name === name);
    if (type === undefined) throw new Error(`no type ${name}`);
    const { vcpus, memoryMiB, gpus } = type;
    return (
      this.registers.get(name) ?? {
        cpu: vcpus * 1024,
        memoryMiB: Math.floor(memoryMiB * 0.94) - 512,
        gpus,
      }
    );
  }

  #run(request: TaskRequest) {
    const known = this.tasks.find(({ container }) => container === request.container);
    if (known !== undefined) return { kind: "started", arn: known.arn } as const;
    const [host, instance] =
      this.#hosts().find(([one]) => one.instanceId === request.instanceId) ?? [];
    if (host === undefined || instance === undefined) return { kind: "no-room" } as const;
    const { room } = host;
    const isFull =
      room.cpu < request.needs.cpu ||
      room.memoryMiB < request.needs.memoryMiB ||
      room.gpus < request.gpus;
    if (isFull || host.isDraining) return { kind: "no-room" } as const;
    const task: FakeTask = {
      arn: `task/${this.tasks.length + 1}`,
      isStopped: false,
      reason: null,
      container: request.container,
      app: request.environment["WINDLASS_APP"] ?? null,
      instance,
      request,
    };
    this.tasks.push(task);
    return { kind: "started", arn: task.arn } as const;
  }

  /** What agents do in a second: start, take what waits, beat, drain. */
  async #live(): Promise<void> {
    const rows = this.table.port(async () => {});
    for (const task of this.runningTasks) {
      if (task.app === null || this.silent.has(task.container)) continue;
      const key = containerKey(task.app, task.container);
      const found = await rows.get<ContainerRow>(key);
      if (found === undefined || found.body.status === "wanted") continue;
      const next = this.#act(task, found.body);
      if (next !== undefined) await rows.put(key, next, found.version);
    }
  }

  /** What the agent of a task writes now. */
  #act(task: FakeTask, row: ContainerRow): ContainerRow | undefined {
    const requests = this.traffic.get(`${task.app}/${row.pool}`);
    if (row.mustDrain) return this.#leave(task, row, requests !== undefined);
    const url = `${task.app}/${row.pool}`;
    const isThere = this.#queue(url).some(({ visibleAt }) => visibleAt <= this.now);
    const works = this.agentsWork && isThere;
    if (works) this.queues.set(url, []);
    const last = this.#beats.get(task.container) ?? 0;
    if (row.status === "ready" && !works && this.now - last < BEAT_MS) return undefined;
    this.#beats.set(task.container, this.now);
    const idleSince = works ? this.now : (row.idleSince ?? this.now);
    const readyAt = row.readyAt ?? this.now;
    const ready = { ...row, status: "ready", at: this.now, readyAt } as const;
    if (requests === undefined) return { ...ready, idleSince };
    const deployment = row.deployment === 0 ? this.deployment : row.deployment;
    const door = { port: 32_769 + this.tasks.indexOf(task), ...requests };
    return { ...ready, deployment, door, idleSince: requests.inside === 0 ? idleSince : null };
  }

  /** One that answers requests ends once it gets none any more. */
  #leave(task: FakeTask, row: ContainerRow, isWeb: boolean): ContainerRow | undefined {
    if (isWeb && row.isCut !== true) {
      return row.status === "draining" ? undefined : { ...row, status: "draining", at: this.now };
    }
    Object.assign(task, { isStopped: true, reason: "exit code 0" });
    return { ...row, status: "ended", at: this.now, idleSince: null };
  }

  #queue(url: string): FakeMessage[] {
    const queue = this.queues.get(url) ?? [];
    this.queues.set(url, queue);
    return queue;
  }
}

function webOf(name: string): ManifestWeb {
  return {
    ...{ header: "x-windlass-endpoint", value: `media/${name}/secret`, healthPath: "/health" },
    ...{ isHttps: true, patienceSeconds: 50, url: `https://${name}.example` },
    ...{ targetGroup: `group/${name}`, rule: `rule/${name}` },
  };
}
