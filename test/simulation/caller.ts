import { AwsBackend } from "../../lib/aws/aws-backend.ts";
import type { CallRequest, InputPage, ItemPage, ResultPage } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId } from "../../lib/ids.ts";
import { NO_STORES } from "../aws/no-stores.ts";
import type { CallStep } from "./calls.ts";
import { APP } from "./names.ts";
import { Program } from "./program.ts";
import type { World } from "./world.ts";

/** What an input came to, as its caller was told: its value, or how it failed. */
export type Told = { readonly value: string } | { readonly failed: string; readonly code: string };

/** A call, and what its caller knows of it. */
export class Call {
  readonly id: string;
  readonly step: CallStep;
  readonly startedAt: number;
  readonly told: Told[][];
  /** What its generator yielded. */
  readonly items: number[] = [];
  /** When its last input was answered. */
  endedAt: number | undefined;
  /** Its client has died, and nobody waits for it or knows whether it was taken. */
  isAbandoned = false;
  /** It was acknowledged: it survives its client. */
  isSpawned = false;
  isCancelled = false;

  constructor(step: CallStep, now: number) {
    this.step = step;
    this.startedAt = now;
    this.id = createCallId(now);
    this.told = step.inputs.map(() => []);
  }

  get isOpen(): boolean {
    return !this.isAbandoned && this.endedAt === undefined;
  }

  /** True for one whose only input is a generator. */
  get isGenerator(): boolean {
    return this.step.inputs[0]?.items !== undefined;
  }

  take({ values }: ItemPage): void {
    this.items.push(...(decodePage(values) as number[]));
  }

  hear({ start, values, failures = [] }: ResultPage, now: number): void {
    const outputs = decodePage(values) as string[];
    const failed = new Map(failures.map(({ index, kind, error }) => [index, { kind, error }]));
    for (const [offset, value] of outputs.entries()) {
      const failure = failed.get(start + offset);
      const told = this.told[start + offset];
      if (failure === undefined) told?.push({ value });
      else {
        const [error] = decodePage(failure.error) as [{ code?: string }];
        told?.push({ failed: failure.kind, code: error.code ?? "" });
      }
    }
    if (this.told.every((all) => all.length > 0)) this.endedAt ??= now;
  }
}

/** A client that makes one call; a spawned one is read by another when its client has died. */
export class Caller {
  readonly program: Program;
  readonly #world: World;
  readonly #backend: AwsBackend;
  readonly #call: Call;

  constructor(world: World, call: Call) {
    const { clock, sqs } = world;
    this.#world = world;
    this.#call = call;
    this.program = new Program(world, "caller", () => {
      void this.#backend.close();
      if (call.isSpawned) world.readAgain(call);
      else call.isAbandoned = true;
    });
    const { program } = this;
    this.#backend = new AwsBackend({
      ...{ app: APP, environment: "test" },
      ...world.storesOf(program),
      queues: sqs.queues(program),
      stores: NO_STORES,
      countMessages: () => {
        throw new Error("nobody in the simulation asks how many messages wait");
      },
      wake: (pools) => world.wake(program, pools),
      sessionId: `session${call.id.slice(-12)}`,
      ...{ wallClock: program.now, now: program.now },
      sleep: (ms) => clock.sleep(ms),
      onError: world.onError,
    });
  }

  /** Sends the inputs and waits for what becomes of them. */
  async run(): Promise<void> {
    const { step, id, isGenerator } = this.#call;
    const { fn, params } = step;
    const set = params !== undefined && { params: encodePage([params], String), method: "run" };
    const many = step.inputs.length > 1 ? "map" : "group";
    const request: CallRequest = {
      callId: id,
      kind: isGenerator ? "generator" : many,
      target: { app: APP, name: fn, ...set },
    };
    if (step.cancelAfterMs !== undefined) {
      this.#world.clock.after(step.cancelAfterMs, () => void this.#cancel());
    }
    if (step.isDurable) await this.#spawn(request);
    else this.#open(request);
  }

  /** Waits for the results of a call that was spawned. */
  async read(): Promise<void> {
    const { id, step, told } = this.#call;
    while (this.#call.isOpen) {
      const start = told.findIndex((all) => all.length === 0);
      const query = { callId: id, start, count: step.inputs.length - start, waitMs: 30_000 };
      try {
        const { pages } = await this.#backend.read(query);
        for (const page of pages) this.#call.hear(page, this.#world.clock.now);
      } catch (error) {
        this.#world.onError(error);
        await this.#world.clock.sleep(5000);
      }
    }
    await this.#backend.close();
  }

  #open(request: CallRequest): void {
    const channel = this.#backend.open(request, {
      items: (page) => this.#call.take(page),
      results: (page) => {
        this.#call.hear(page, this.#world.clock.now);
        if (this.#call.isOpen) return;
        channel.close();
        void this.#backend.close().catch(this.#world.onError);
      },
    });
    this.#cancelOpen = () => channel.cancel();
    for (const page of this.#pages()) channel.push(page);
  }

  #cancelOpen: () => void = () => {};

  async #spawn(request: CallRequest): Promise<void> {
    const call = this.#call;
    try {
      for (const page of this.#pages()) await this.#backend.spawn(request, page);
      await this.#backend.endSpawn(request.callId, call.step.inputs.length);
    } catch (error) {
      // Its caller was told that it was not taken.
      this.#world.onError(error);
      call.isAbandoned = true;
      return;
    }
    call.isSpawned = true;
    await this.read();
  }

  async #cancel(): Promise<void> {
    const call = this.#call;
    if (!this.program.isAlive || !call.isOpen) return;
    if (call.step.isDurable && !call.isSpawned) return;
    // From now on it may be: the client can die before it knows.
    call.isCancelled = true;
    if (call.step.isDurable) await this.#backend.cancel(call.id).catch(this.#world.onError);
    else this.#cancelOpen();
  }

  *#pages(): Iterable<InputPage> {
    const { inputs, pageSize } = this.#call.step;
    for (let start = 0; start < inputs.length; start += pageSize) {
      const part = inputs.slice(start, start + pageSize);
      yield { start, count: part.length, unary: true, args: encodePage([...part], String) };
    }
  }
}
