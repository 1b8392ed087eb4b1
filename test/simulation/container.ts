import { AwsBackend } from "../../lib/aws/aws-backend.ts";
import { AwsContainer } from "../../runtime-shim/agent-aws/container.ts";
import { readEnvironment } from "../../runtime-shim/agent-aws/environment.ts";
import { NO_STORES } from "../aws/no-stores.ts";
import type { EcsTask } from "./ecs.ts";
import { APP } from "./names.ts";
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
      void backend.close().catch(() => {});
      ecs.end(task, "exit code 137");
    });
    const { program } = this;
    const shared = {
      ...world.storesOf(program),
      queues: sqs.queues(program),
      wake: (pools: readonly string[]) => world.wake(program, pools),
      ...{ wallClock: program.now, now: program.now, onError: world.onError },
    };
    const backend = new AwsBackend({
      ...shared,
      ...{ app: APP, environment: "test", stores: NO_STORES },
      countMessages: async () => 0,
      sessionId: `session${environment.containerId.slice(-12)}`,
      sleep: (ms) => clock.sleep(ms),
    });
    this.#container = new AwsContainer({
      environment,
      ...shared,
      fetchCode: (codeHash) => program.ask("objects.get", () => codeHash),
      metadataUrl: undefined,
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
      backend,
      otherApp: () => backend,
      onLine: () => {},
    });
    const ticking = clock.every(TICK_MS, () => {
      if (!program.isPaused) this.#container.tick();
    });
    void this.#container.ended.then((code) => {
      ticking.cancel();
      void backend.close().catch(world.onError);
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
