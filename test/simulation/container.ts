import type { Backend } from "../../lib/backend.ts";
import { AwsContainer } from "../../runtime-shim/agent-aws/container.ts";
import { readEnvironment } from "../../runtime-shim/agent-aws/environment.ts";
import { NO_STORES } from "../aws/no-stores.ts";
import type { EcsTask } from "./ecs.ts";
import { Program } from "./program.ts";
import { SimulatedRunner } from "./runner.ts";
import type { World } from "./world.ts";

const TICK_MS = 1000;

/** The program of a task: the agent as it is, with a runner in virtual time. */
export class Container {
  readonly program: Program;
  readonly task: EcsTask;
  readonly #container: AwsContainer;

  constructor(world: World, task: EcsTask) {
    const { clock, random, sqs, ecs } = world;
    const environment = readEnvironment(task.request.environment);
    const runners: SimulatedRunner[] = [];
    this.task = task;
    this.program = new Program(world, "container", () => {
      ticking.cancel();
      for (const runner of runners) runner.vanish();
      ecs.end(task, "exit code 137");
    });
    const { program } = this;
    this.#container = new AwsContainer({
      environment,
      ...world.storesOf(program),
      queues: sqs.queues(program),
      fetchCode: (codeHash) => program.ask("objects.get", () => codeHash),
      bucketProgram: "none: no function here has a bucket",
      startRunner: () => {
        const runner = new SimulatedRunner({
          clock,
          container: environment.containerId,
          loadMs: 200 + random.next() * 2000,
          onKill: () => program.kill(),
          onStart: (callId, index) => world.watch.ran(program, callId, index),
          onEnd: (callId, index) => world.watch.left(callId, index),
        });
        runners.push(runner);
        return runner;
      },
      backend: NO_BACKEND,
      otherApp: () => NO_BACKEND,
      wake: (pools) => world.wake(program, pools),
      wallClock: program.now,
      now: program.now,
      onLine: () => {},
      onError: world.onError,
    });
    const ticking = clock.every(TICK_MS, () => {
      if (!program.isPaused) this.#container.tick();
    });
    void this.#container.ended.then((code) => {
      ticking.cancel();
      ecs.end(task, `exit code ${code}`);
    });
    void this.#container.start();
  }

  /** SIGTERM. */
  stop(): void {
    this.program.tell();
    if (this.program.isAlive) this.#container.stop();
  }
}

const NO_BACKEND = new Proxy({} as Backend, {
  get: (_, name) => {
    if (name === "stores") return NO_STORES;
    throw new Error(
      `no function of the simulation makes calls, and this one wants ${String(name)}`,
    );
  },
});
