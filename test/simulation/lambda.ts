import { Apps } from "../../cdk/controller/apps.ts";
import { type ControlRequest, control } from "../../cdk/controller/control.ts";
import type { Controller } from "../../cdk/controller/controller.ts";
import type { ControllerPorts, ControllerSettings } from "../../cdk/controller/ports.ts";
import { Program, type Surroundings } from "./program.ts";

export interface LambdaOptions {
  readonly around: Surroundings;
  /** What the controller stands on, as this process reaches it. */
  readonly ports: (program: Program) => Omit<ControllerPorts, "now" | "sleep" | "createId" | "log">;
  /** Of what it buys: one host, and all of them. */
  readonly limits: Pick<ControllerSettings, "maxUsdPerHour" | "maxHosts" | "maxTotalUsdPerHour">;
  /** An invocation came to its end, with all that it tried. */
  readonly onDone: (request: ControlRequest, startedAt: number) => void;
  readonly onError: (error: unknown) => void;
}

interface Process {
  readonly program: Program;
  readonly controller: Controller;
  /** Something that it tried has failed and was logged. */
  hasFailed: boolean;
  onDeath: () => void;
}

const LIMIT_MS = 120_000;
/** Lambda tries an invocation that failed twice more [asynchronous invocation]. */
const RETRIES = 2;
const RETRY_MS = 60_000;
/** So many processes stay for the next invocation. */
const WARM = 2;

/** Lambda: invokes the controller, several at a time, and again where one has failed. */
export class Lambda {
  readonly #options: LambdaOptions;
  #idle: Process[] = [];
  readonly #busy: Set<Process> = new Set();
  #ids = 0;

  constructor(options: LambdaOptions) {
    this.#options = options;
  }

  get programs(): readonly Program[] {
    return [...this.#busy].map(({ program }) => program);
  }

  invoke(request: ControlRequest, retries: number = RETRIES): void {
    const { clock, random } = this.#options.around;
    clock.after(20 + random.next() * 150, () => this.#start(request, retries));
  }

  #start(request: ControlRequest, retries: number): void {
    const { clock } = this.#options.around;
    const process = this.#idle.pop() ?? this.#create();
    this.#busy.add(process);
    process.hasFailed = false;
    const startedAt = clock.now;
    let isOver = false;
    const end = (act: () => void): void => {
      if (isOver) return;
      isOver = true;
      limit.cancel();
      this.#busy.delete(process);
      act();
    };
    const again = (): void => {
      if (retries > 0) clock.after(RETRY_MS, () => this.invoke(request, retries - 1));
    };
    const limit = clock.after(LIMIT_MS, () => process.program.kill());
    process.onDeath = () => end(again);
    control(request, process.controller).then(
      ({ end: how }) =>
        end(() => {
          if (this.#idle.length < WARM) this.#idle.push(process);
          const isWhole = how === "done" || how === "out of time";
          if (isWhole && !process.hasFailed) this.#options.onDone(request, startedAt);
        }),
      (error: unknown) =>
        end(() => {
          this.#options.onError(error);
          again();
        }),
    );
  }

  #create(): Process {
    const { around, ports, limits } = this.#options;
    const state = { hasFailed: false, onDeath: () => {} };
    const program = new Program(around, "controller", () => state.onDeath());
    const settings = { environment: "test", table: "table", bucket: "bucket", ...limits };
    const controller: Controller = {
      ports: {
        ...ports(program),
        now: program.now,
        sleep: async (ms) => {
          await around.clock.sleep(ms);
          await program.gate("clock.sleep", "after");
        },
        createId: () => {
          this.#ids += 1;
          return `id-${this.#ids}`;
        },
        log: ({ event }) => {
          if (event === "failed") state.hasFailed = true;
        },
      },
      settings: { ...settings, controller: "controller" },
      apps: new Apps(),
      notices: new Map(),
    };
    return Object.assign(state, { program, controller });
  }
}
