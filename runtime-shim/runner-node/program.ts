import type { Socket } from "node:net";
import type { Backend } from "../../lib/backend.ts";
import { encodeControl, encodeMessage, type Message } from "../../lib/messages.ts";
import type { CallContext, Container, ContainerControls } from "../../lib/runtime.ts";
import type { LoadRequest } from "../load-request.ts";
import { BatchExecutor } from "./batched.ts";
import { ConcurrentExecutor } from "./concurrent.ts";
import { ContainerBackend } from "./container-backend.ts";
import { createControls } from "./controls.ts";
import type { CalledAs, Loaded } from "./load.ts";
import { encodeError } from "./outputs.ts";
import {
  type Executor,
  type ExecutorOptions,
  type Handler,
  SequentialExecutor,
} from "./sequential.ts";

/** What a process exits with that SIGTERM ends. */
const TERMINATED = 143;

/** Where the program of a container runs. */
export interface ProgramPlace {
  send(buffers: readonly Buffer[]): void;
  /** Becomes the function or class that is asked for. */
  load(request: LoadRequest): Promise<Loaded>;
  /** Ends the container, once all that was sent has left it. */
  leave(code: number): Promise<void>;
}

/**
 * The program of a Node container. It waits for `load`, becomes the function or class named there, says
 * `ready`, and then runs inputs until `exit`, `preempt`, or the end of its place.
 */
export class RunnerProgram implements Container {
  readonly #place: ProgramPlace;
  readonly #backend: ContainerBackend;
  #controls: ContainerControls | undefined;
  #executor: Executor | undefined;
  #loaded: Loaded | undefined;
  #isPreempted = false;

  constructor(place: ProgramPlace) {
    this.#place = place;
    this.#backend = new ContainerBackend((buffers) => place.send(buffers));
  }

  get backend(): Backend {
    return this.#backend;
  }

  /** Whether there is a token with this hash. */
  findToken(hash: string): Promise<boolean> {
    return this.#backend.findToken(hash);
  }

  get controls(): ContainerControls | undefined {
    return this.#controls;
  }

  get current(): CallContext | undefined {
    return this.#executor?.current ?? this.#loaded?.web?.current;
  }

  receive(message: Message): void {
    const [name, id, index] = message.control;
    switch (name) {
      case "run":
        this.#executor?.run(message);
        break;
      case "batch":
        this.#executor?.batch?.(id as readonly number[]); // Written by the agent.
        break;
      case "cancel":
        this.#executor?.cancel(Number(id), Number(index));
        break;
      case "credit":
        this.#executor?.credit(Number(id), Number(index));
        break;
      case "back":
        this.#executor?.giveBack(Number(id));
        break;
      case "load":
        void this.#start(id as LoadRequest); // Written by the agent.
        break;
      case "exit":
        void this.#leaveIdle();
        break;
      case "preempt":
        void this.#leavePreempted();
        break;
      default:
        if (this.#loaded?.web?.receive(message) === true) return;
        this.#backend.receive(message);
    }
  }

  /** Answers the requests of a connection. */
  accept(connection: Socket): void {
    const web = this.#loaded?.web;
    if (web === undefined) connection.destroy();
    else web.accept(connection);
  }

  /** Whoever ends this container wants it to go now, and its inputs to run elsewhere. */
  terminate(): void {
    this.#place.send(encodeControl("preempted"));
    void this.#leavePreempted();
  }

  async #start(request: LoadRequest): Promise<void> {
    const send = (buffers: readonly Buffer[]): void => this.#place.send(buffers);
    this.#controls = createControls(request.maxInputs, {
      send,
      giveAllBack: () => this.#executor?.giveAllBack(),
    });
    try {
      const loaded = await this.#place.load(request);
      this.#loaded = loaded;
      const handler = ofCalls(loaded);
      const options = { handler, send };
      this.#executor = createExecutor(request, options);
      send(encodeControl("ready"));
    } catch (error) {
      const page = encodeError(error);
      const control = JSON.stringify(["startup-failed", page.tagged ? 1 : 0]);
      send(encodeMessage(control, page.text, page.attachments));
      await this.#place.leave(1);
    }
  }

  /** Finishes what runs, then goes. */
  async #leaveIdle(): Promise<void> {
    const drained = this.#loaded?.web?.drain();
    if (drained !== undefined) this.#place.send(encodeControl("closing"));
    await Promise.all([this.#executor?.idle(), drained]);
    // It runs them itself.
    if (this.#isPreempted) return;
    await this.#runHook("exit");
    await this.#place.leave(0);
  }

  /** Goes at once: what runs here has gone to others. */
  async #leavePreempted(): Promise<void> {
    if (this.#isPreempted) return;
    this.#isPreempted = true;
    if (this.#loaded === undefined) return await this.#place.leave(TERMINATED);
    this.#executor?.abandon();
    await this.#runHook("preempt");
    await this.#runHook("exit");
    await this.#place.leave(0);
  }

  async #runHook(name: "preempt" | "exit"): Promise<void> {
    try {
      await this.#loaded?.[name]();
    } catch (error) {
      const told = String(error instanceof Error ? error.stack : error);
      process.stderr.write(`${name} hook failed: ${told}\n`);
    }
  }
}

/** Calls take their turn among the requests of a class that has both. */
function ofCalls(loaded: Loaded): (job: CalledAs) => Handler {
  const { web } = loaded;
  // What a test loads is an object of a class.
  if (web === undefined) return (job) => loaded.handler(job);
  return (job) => web.inTurn(loaded.handler(job));
}

function createExecutor(request: LoadRequest, options: ExecutorOptions): Executor {
  if (request.isBatched) return new BatchExecutor({ ...options, name: request.name });
  return request.maxInputs > 1 ? new ConcurrentExecutor(options) : new SequentialExecutor(options);
}
