// By import: test runners that fake timers replace the global ones, and ours must go on.
import { setImmediate as nextTurn } from "node:timers";
import type { Runner, RunnerListener } from "../../runtime-shim/agent/runner-process.ts";
import type { LoadRequest } from "../../runtime-shim/load-request.ts";
import type { Loaded } from "../../runtime-shim/runner-node/load.ts";
import { RunnerProgram } from "../../runtime-shim/runner-node/program.ts";
import type { Backend } from "../backend.ts";
import { type Message, parseMessage } from "../messages.ts";
import { FrameReader } from "../protocol.ts";
import type { CallContext } from "../runtime.ts";
import { type ContainerScope, runInScope } from "./container-scope.ts";

export interface InProcessOptions {
  load(request: LoadRequest): Promise<Loaded>;
  /** The backend of code that runs for an input: like the container's, and it knows for which. */
  backendOf(container: Backend, input: CallContext): Backend;
  /** Something was sent or came. */
  onActivity(): void;
  /** An input of it was told to stop. */
  onCancel(): void;
  onEnd(): void;
}

/** An input that code runs for. */
export interface Attempt {
  readonly context: CallContext;
  /** It will not end by itself. */
  isHung: boolean;
}

/** A container in this process: the program of a Node container, without a process and a socket of its own. */
export class InProcessRunner implements Runner, ContainerScope {
  readonly pid = undefined;
  readonly env: Record<string, string | undefined> = {};
  /** What code of the user runs now. */
  readonly attempts: Set<Attempt> = new Set();
  readonly #options: InProcessOptions;
  readonly #program: RunnerProgram;
  readonly #backends: WeakMap<CallContext, Backend> = new WeakMap();
  readonly #toProgram: Wire;
  #listener: RunnerListener | undefined;
  #containerId = "";
  #hasEnded = false;

  constructor(options: InProcessOptions) {
    this.#options = options;
    this.#program = new RunnerProgram({
      send: (buffers) => toAgent.send(buffers),
      load: (request) => this.#load(request),
      leave: async (code) => this.#end(code, null),
    });
    // What the agent does is not done by code of the container.
    const toAgent = new Wire(options.onActivity, (message) =>
      runInScope(undefined, () => this.#tellAgent(message)),
    );
    this.#toProgram = new Wire(options.onActivity, (message) =>
      runInScope(this, () => this.#tellProgram(message)),
    );
  }

  get containerId(): string {
    return this.#containerId;
  }

  get backend(): Backend {
    const { backend, current } = this.#program;
    if (current === undefined) return backend;
    const known = this.#backends.get(current);
    if (known !== undefined) return known;
    const made = this.#options.backendOf(backend, current);
    this.#backends.set(current, made);
    return made;
  }

  get controls(): ContainerScope["controls"] {
    return this.#program.controls;
  }

  get current(): CallContext | undefined {
    return this.#program.current;
  }

  /** True while code of it runs that may end by itself. */
  get isWorking(): boolean {
    return [...this.attempts].some(({ context, isHung }) => !isHung && !context.signal.aborted);
  }

  listen(listener: RunnerListener): void {
    this.#listener = listener;
  }

  send(buffers: readonly Buffer[]): void {
    if (!this.#hasEnded) this.#toProgram.send(buffers);
  }

  kill(): void {
    this.#end(null, "SIGKILL");
  }

  exit(code: number): void {
    this.#end(code, null);
  }

  #load(request: LoadRequest): Promise<Loaded> {
    this.#containerId = request.containerId;
    Object.assign(this.env, request.env, {
      WINDLASS_CONTAINER_ID: request.containerId,
      WINDLASS_APP: request.app,
      WINDLASS_FUNCTION: request.name,
    });
    return this.#options.load(request);
  }

  #tellProgram(message: Message): void {
    if (this.#hasEnded) return;
    this.#program.receive(message);
    if (message.control[0] === "cancel") this.#options.onCancel();
  }

  #tellAgent(message: Message): void {
    if (!this.#hasEnded) this.#listener?.message(message);
  }

  /** Code that still runs is no longer heard. */
  #end(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#hasEnded) return;
    const ended = (): void => {
      this.#hasEnded = true;
      this.#options.onActivity();
      this.#options.onEnd();
      runInScope(undefined, () => this.#listener?.end({ code, signal, tail: [] }));
    };
    this.attempts.clear();
    // One that leaves by itself has sent messages that are on their way.
    if (signal === null) nextTurn(ended);
    else {
      this.#hasEnded = true;
      nextTurn(ended);
    }
    this.#options.onActivity();
  }
}

/** Carries messages, as a socket does: in order, and not at once. */
class Wire {
  readonly #onActivity: () => void;
  readonly #reader: FrameReader;

  constructor(onActivity: () => void, deliver: (message: Message) => void) {
    this.#onActivity = onActivity;
    this.#reader = new FrameReader((header, attachments) =>
      deliver(parseMessage(header, attachments)),
    );
  }

  send(buffers: readonly Buffer[]): void {
    this.#onActivity();
    // As it is now: bytes in it may be those of an array that user code goes on to change.
    const sent = Buffer.concat(buffers);
    nextTurn(() => {
      this.#onActivity();
      this.#reader.push(sent);
    });
  }
}
