import type {
  Cluster,
  ClusterHost,
  ClusterTask,
  TaskAnswer,
  TaskRequest,
} from "../../cdk/controller/ports.ts";
import { subtract } from "../../lib/scheduling/fit.ts";
import type { Ec2Instance } from "./ec2.ts";
import type { Program, Surroundings } from "./program.ts";

export interface EcsTask {
  readonly arn: string;
  readonly request: TaskRequest;
  readonly instance: Ec2Instance;
  status: "pending" | "running" | "stopped";
  reason: string | null;
  stoppedAt: number | undefined;
  /** Somebody has told ECS to stop it. */
  isTold: boolean;
}

interface EcsHost {
  readonly instance: Ec2Instance;
  isDraining: boolean;
  isConnected: boolean;
  /** Its image was pulled. */
  hasImage: boolean;
}

export interface EcsEvents {
  /** A task is accepted. */
  placed(task: EcsTask): void;
  /** Its container starts. */
  started(task: EcsTask): void;
  /** It is to stop. */
  told(task: EcsTask): void;
  /** It has stopped; whatever still runs of it ends now. */
  stopped(task: EcsTask): void;
}

const PULL_MS = 12_000;
const START_MS = 1500;
/** `stopTimeout` of our task definitions. */
const STOP_MS = 120_000;
/** ECS forgets stopped tasks after an hour. */
const FORGOTTEN_MS = 3_600_000;

/** ECS: hosts that have registered, and tasks on them. */
export class Ecs {
  readonly #around: Surroundings;
  readonly #events: EcsEvents;
  readonly #hosts: Map<string, EcsHost> = new Map();
  readonly #tasks: Map<string, EcsTask> = new Map();
  readonly #byContainer: Map<string, EcsTask> = new Map();
  #badImages = 0;

  constructor(around: Surroundings, events: EcsEvents) {
    this.#around = around;
    this.#events = events;
  }

  get tasks(): readonly EcsTask[] {
    return [...this.#tasks.values()].filter(({ status }) => status !== "stopped");
  }

  tasksOn(instance: Ec2Instance): readonly EcsTask[] {
    return this.tasks.filter((task) => task.instance === instance);
  }

  isRegistered({ id }: Ec2Instance): boolean {
    return this.#hosts.has(id);
  }

  isConnected({ id }: Ec2Instance): boolean {
    return this.#hosts.get(id)?.isConnected === true;
  }

  register(instance: Ec2Instance): void {
    const fresh = { isDraining: false, isConnected: true, hasImage: false };
    this.#hosts.set(instance.id, { instance, ...fresh });
  }

  /** The next task gets no image. */
  spoilImage(): void {
    this.#badImages += 1;
  }

  heal(): void {
    this.#badImages = 0;
    for (const host of this.#hosts.values()) host.isConnected = true;
  }

  setConnected({ id }: Ec2Instance, isConnected: boolean): void {
    const host = this.#hosts.get(id);
    if (host !== undefined) host.isConnected = isConnected;
  }

  /** Whoever runs on a host asks for it: ECS is not asked through a program. */
  drain({ id }: Ec2Instance): void {
    const host = this.#hosts.get(id);
    if (host !== undefined) host.isDraining = true;
  }

  lose(instance: Ec2Instance): void {
    for (const task of this.tasksOn(instance)) this.end(task, "Host EC2 terminated");
    this.#hosts.delete(instance.id);
  }

  end(task: EcsTask, reason: string): void {
    if (task.status === "stopped") return;
    task.status = "stopped";
    task.reason = reason;
    task.stoppedAt = this.#around.clock.now;
    this.#events.stopped(task);
  }

  cluster(program: Program): Cluster {
    const ask = <T>(operation: string, act: () => T): Promise<T> =>
      program.ask(`cluster.${operation}`, act);
    return {
      hosts: () => ask("hosts", () => [...this.#hosts.values()].map((host) => this.#seen(host))),
      tasks: () => ask("tasks", () => this.tasks.map(toClusterTask)),
      describe: (arns) =>
        ask("describe", () => {
          const known = arns.flatMap((arn) => this.#tasks.get(arn) ?? []);
          const oldest = this.#around.clock.now - FORGOTTEN_MS;
          return known.filter((task) => (task.stoppedAt ?? oldest) >= oldest).map(toClusterTask);
        }),
      tasksOn: (arn) =>
        ask("tasksOn", () =>
          this.tasks.filter(({ instance }) => arnOf(instance) === arn).map((task) => task.arn),
        ),
      deregister: () => {
        throw new Error("no deployment of the simulation is old");
      },
      run: (request) => ask("run", () => this.#run(request)),
      stop: (arn, reason) => ask("stop", () => this.#stop(arn, reason)),
      setDraining: (arn, isDraining) =>
        ask("setDraining", () => {
          const host = [...this.#hosts.values()].find((one) => arnOf(one.instance) === arn);
          if (host !== undefined) host.isDraining = isDraining;
        }),
    };
  }

  #seen({ instance, isDraining, isConnected }: EcsHost): ClusterHost {
    const tasks = this.tasksOn(instance);
    const room = tasks.reduce(
      (left, { request: { needs, gpus } }) => subtract(left, { ...needs, gpus }),
      instance.registers,
    );
    const { id: instanceId, registers: registered } = instance;
    const state = { isDraining, isConnected, registered, room, tasks: tasks.length };
    return { arn: arnOf(instance), instanceId, ...state };
  }

  #run(request: TaskRequest): TaskAnswer {
    const known = this.#byContainer.get(request.container);
    if (known !== undefined) return { kind: "started", arn: known.arn };
    const host = this.#hosts.get(request.instanceId);
    if (host === undefined || host.isDraining || !host.isConnected) return { kind: "no-room" };
    const { room } = this.#seen(host);
    const { cpu, memoryMiB } = request.needs;
    if (room.cpu < cpu || room.memoryMiB < memoryMiB || room.gpus < request.gpus) {
      return { kind: "no-room" };
    }
    const arn = `task/${this.#tasks.size + 1}`;
    const state = { status: "pending", reason: null, stoppedAt: undefined, isTold: false } as const;
    const task: EcsTask = { arn, request, instance: host.instance, ...state };
    this.#tasks.set(arn, task);
    this.#byContainer.set(request.container, task);
    this.#events.placed(task);
    this.#start(task, host);
    return { kind: "started", arn };
  }

  #start(task: EcsTask, host: EcsHost): void {
    const { clock, random } = this.#around;
    const isBad = this.#badImages > 0;
    if (isBad) this.#badImages -= 1;
    const pullMs = host.hasImage ? 0 : PULL_MS * random.next();
    clock.after(START_MS * (0.5 + random.next()) + pullMs, () => {
      if (task.status !== "pending") return;
      if (isBad || task.isTold) {
        this.end(task, isBad ? "CannotPullContainerError" : "stopped before it ran");
        return;
      }
      host.hasImage = true;
      task.status = "running";
      this.#events.started(task);
    });
  }

  #stop(arn: string, reason: string): void {
    const task = this.#tasks.get(arn);
    if (task === undefined || task.status === "stopped" || task.isTold) return;
    task.isTold = true;
    if (task.status === "running") this.#events.told(task);
    this.#around.clock.after(STOP_MS, () => this.end(task, reason));
  }
}

function arnOf({ id }: Ec2Instance): string {
  return `host/${id}`;
}

function toClusterTask({ arn, request, status, reason }: EcsTask): ClusterTask {
  const app = request.environment["WINDLASS_APP"] ?? null;
  return { arn, isStopped: status === "stopped", reason, container: request.container, app };
}
