import { join } from "node:path";
import { BenchError } from "./bench-error.ts";
import { Contender, type ContenderSpec } from "./contender.ts";
import type { Measurements } from "./measurements.ts";
import type { Projects } from "./project.ts";

/** What a suite is given. */
export interface SuiteContext {
  readonly projects: Projects;
  readonly measurements: Measurements;
  readonly rounds: number;
  /** True for a short run that only shows that everything works. */
  readonly quick: boolean;
  /** The Python with Ray in it, if Ray takes part. */
  readonly rayPython: string | undefined;
  /** The Python with Celery and numpy in it; installed on use. */
  celeryPython(): string;
  /** The Python with the model of the `embedding` suite in it; installed on use. */
  embeddingPython(): string;
  /** The port and process of the bench's Redis; started on use. */
  redis(): Promise<{ readonly port: number; readonly pid: number }>;
  progress(text: string): void;
}

export interface Suite {
  readonly name: string;
  run(context: SuiteContext): Promise<void>;
}

type Program = Pick<ContenderSpec, "env"> & { readonly file: string };

const PROGRAMS: Readonly<Record<string, Program>> = {
  windlass: { file: "windlass.mjs" },
  windlass_async: { file: "windlass.mjs", env: { BENCH_HANDLER: "async" } },
  windlass_spawns: { file: "windlass.mjs", env: { BENCH_SPAWN: "single" } },
  piscina: { file: "piscina.mjs" },
  piscina_batched: { file: "piscina.mjs", env: { BENCH_BATCH: "256" } },
  tinypool: { file: "tinypool.mjs" },
  workerpool: { file: "workerpool.mjs" },
  workerpool_process: { file: "workerpool.mjs", env: { BENCH_WORKER_TYPE: "process" } },
  poolifier: { file: "poolifier.mjs" },
  control: { file: "control.mjs" },
  inline: { file: "inline.mjs" },
  bullmq: { file: "bullmq.mjs" },
  windlass_python: { file: "windlass.mjs", env: { BENCH_LANGUAGE: "python" } },
  celery: { file: "celery_contender.py" },
  pickle: { file: "pickle_contender.py" },
  windlass_embedding: { file: "windlass.mjs", env: { OPENBLAS_NUM_THREADS: "1" } },
  minilm: { file: "minilm_contender.py", env: { OPENBLAS_NUM_THREADS: "1" } },
  bullmq_storage: { file: "bullmq-storage.mjs" },
  windlass_storage: { file: "windlass-storage.mjs" },
  redis_always: { file: "redis-storage.mjs", env: { BENCH_FSYNC: "always" } },
  redis_everysec: { file: "redis-storage.mjs", env: { BENCH_FSYNC: "everysec" } },
  ray: { file: "ray_contender.py", env: { BENCH_RAY: "tasks" } },
  ray_pool_map: { file: "ray_contender.py", env: { BENCH_RAY: "pool" } },
};

/** Starts a contender, not yet opened. */
export async function startContender(context: SuiteContext, name: string): Promise<Contender> {
  const program = PROGRAMS[name];
  if (program === undefined) throw new BenchError(`there is no contender "${name}"`);
  const { file, env } = program;
  const interpreter = interpreterOf(context, file);
  if (interpreter === undefined) throw new BenchError(`contender "${name}" needs --with ray`);
  const redis = /^(bullmq|redis|celery)/.test(name) ? await context.redis() : undefined;
  return await Contender.start({
    name,
    command: [interpreter, file],
    env: {
      ...env,
      ...(redis !== undefined && { BENCH_REDIS_PORT: String(redis.port) }),
      ...(name === "windlass_python" && { WINDLASS_PYTHON: context.celeryPython() }),
      ...(name === "windlass_embedding" && { WINDLASS_PYTHON: context.embeddingPython() }),
      // For the decorators of the model.
      ...(name === "minilm" && {
        PYTHONPATH: join(context.projects.repository, "dist/runtime-shim/runner-python"),
      }),
    },
    cwd: context.projects.folder(name),
  });
}

function interpreterOf(context: SuiteContext, file: string): string | undefined {
  if (!file.endsWith(".py")) return process.execPath;
  if (file.startsWith("minilm_")) return context.embeddingPython();
  return file.startsWith("ray_") ? context.rayPython : context.celeryPython();
}

/** One turn of a contender. */
export type Turn = (contender: Contender, round: number) => Promise<void>;

/** Opens all contenders, gives each an untimed turn, then rounds in which they take turns. */
export async function alternate(
  context: SuiteContext,
  plan: {
    readonly contenders: readonly string[];
    readonly workers: number;
    readonly task: string;
    warm(contender: Contender): Promise<unknown>;
    readonly turn: Turn;
  },
): Promise<void> {
  const contenders: Contender[] = [];
  try {
    for (const name of plan.contenders) {
      context.progress(`warming ${name}`);
      const contender = await startContender(context, name);
      contenders.push(contender);
      await contender.send("open", { workers: plan.workers, task: plan.task });
      await plan.warm(contender);
    }
    await takeTurns(context, contenders, plan.turn);
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}

/** Contenders that are started afresh for each of their turns. */
export async function alternateFresh(
  context: SuiteContext,
  names: readonly string[],
  turn: Turn,
): Promise<void> {
  for (let round = 0; round < context.rounds; round += 1) {
    for (const name of names) {
      context.progress(`round ${round + 1} of ${context.rounds}: ${name}`);
      const contender = await startContender(context, name);
      try {
        await turn(contender, round);
      } finally {
        await contender.stop();
      }
    }
  }
}

async function takeTurns(
  context: SuiteContext,
  contenders: readonly Contender[],
  turn: Turn,
): Promise<void> {
  for (let round = 0; round < context.rounds; round += 1) {
    for (const contender of contenders) {
      context.progress(`round ${round + 1} of ${context.rounds}: ${contender.name}`);
      await turn(contender, round);
    }
  }
}

/** A number of a contender's reply. @throws Error when it is not there */
export function numberOf(reply: Readonly<Record<string, number>>, name: string): number {
  const value = reply[name];
  if (typeof value !== "number") throw new BenchError(`a contender did not report "${name}"`);
  return value;
}
