import type { LoadRequest } from "../../runtime-shim/load-request.ts";
import { type CalledAs, type Loaded, load } from "../../runtime-shim/runner-node/load.ts";
import type { Handler } from "../../runtime-shim/runner-node/sequential.ts";
import type { App } from "../app.ts";
import type { Target } from "../backend.ts";
import { decodePage } from "../codec/decode.ts";
import type { Definition } from "../definition.ts";
import { ExecutionError, NotFoundError } from "../errors.ts";
import { unpackPage } from "../messages.ts";
import type { CallLog } from "./call-log.ts";
import type { AttemptFailure, Doubles, Fake } from "./doubles.ts";
import type { Attempt, InProcessRunner } from "./in-process-runner.ts";

export interface LoadingOptions {
  readonly doubles: Doubles;
  readonly log: CallLog;
  /** Time is to pass until this attempt has run out of it. */
  readonly onHang: (target: Target, isOver: () => boolean) => void;
}

/** Makes a function or class of an app ready in a container of a test; what the test has planned comes first. */
export async function loadForTest(
  app: App,
  { request, runner }: { readonly request: LoadRequest; readonly runner: InProcessRunner },
  options: LoadingOptions,
): Promise<Loaded> {
  const definition = app.definitions.get(request.name);
  if (definition === undefined) throw unknown(app.name, request.name);
  const container = new TestContainer(app.name, definition, { ...options, request, runner });
  await container.start();
  return container;
}

class TestContainer implements Loaded {
  readonly #definition: Definition;
  readonly #target: Target;
  readonly #options: LoadingOptions & {
    readonly request: LoadRequest;
    readonly runner: InProcessRunner;
  };
  readonly #handlers: Map<string, Handler> = new Map();
  #real: Promise<Loaded> | undefined;
  /** What stands for its object, and the fake that made it. */
  #object: { readonly by: Fake; readonly methods: unknown } | undefined;

  constructor(
    app: string,
    definition: Definition,
    options: LoadingOptions & { readonly request: LoadRequest; readonly runner: InProcessRunner },
  ) {
    this.#definition = definition;
    this.#target = { app, name: definition.name };
    this.#options = options;
  }

  /** What stands in for it is not entered. */
  async start(): Promise<void> {
    if (this.#options.doubles.of(this.#target) === undefined) await this.#load();
  }

  handler(called: CalledAs): Handler {
    const key = `${called.method} ${called.isGenerator}`;
    const known = this.#handlers.get(key);
    if (known !== undefined) return known;
    const target = { ...this.#target, method: called.method };
    const handler: Handler = (...args) => this.#attempt(target, called, args);
    this.#handlers.set(key, handler);
    return handler;
  }

  async preempt(): Promise<void> {
    await (await this.#real)?.preempt();
  }

  async exit(): Promise<void> {
    await (await this.#real)?.exit();
  }

  #load(): Promise<Loaded> {
    this.#real ??= load(this.#definition, this.#options.request);
    return this.#real;
  }

  #attempt(target: Target, called: CalledAs, args: readonly unknown[]): unknown {
    const { runner, log, doubles } = this.#options;
    const context = runner.current;
    if (context === undefined) throw new ExecutionError("WINDLASS_NO_INPUT", "no input runs here");
    const attempt: Attempt = { context, isHung: false };
    const { number, failed } = log.begin(context, runner.containerId);
    runner.attempts.add(attempt);
    const over = (): boolean => runner.attempts.delete(attempt);
    const planned = doubles.failureOf(target, args, number);
    const run = (): unknown =>
      planned === undefined
        ? this.#run(target, called, args)
        : this.#fail(planned, target, attempt);
    return watch(run, { over, failed });
  }

  #run(target: Target, called: CalledAs, args: readonly unknown[]): unknown {
    const fake = this.#options.doubles.of(target);
    const call = (handler: Handler): unknown => handler(...(args as never[])); // The caller's types have checked them.
    if (fake === undefined) return this.#load().then((real) => call(real.handler(called)));
    return this.#definition.kind === "function" ? fake(...args) : call(this.#method(fake, target));
  }

  #method(fake: Fake, target: Target): Handler {
    if (this.#object?.by !== fake) {
      this.#object = { by: fake, methods: fake(...this.#params()) };
    }
    const { methods } = this.#object as { readonly methods: Record<string, Handler> }; // Typed by its handle.
    const method = methods[target.method ?? ""];
    return method?.bind(methods) ?? notThere(target);
  }

  #fail(failure: AttemptFailure, target: Target, attempt: Attempt): unknown {
    if (failure instanceof Error) throw failure;
    if (failure === "crash") this.#options.runner.exit(1);
    else this.#options.onHang(target, () => !this.#options.runner.attempts.has(attempt));
    attempt.isHung = true;
    return new Promise(() => {});
  }

  #params(): readonly unknown[] {
    const { params } = this.#options.request;
    return params === 0 ? [] : decodePage(unpackPage(params));
  }
}

interface Watched {
  readonly over: () => void;
  readonly failed: (error: unknown) => void;
}

/** Runs an attempt, and tells when it is over: at the end of its items, for a generator. */
function watch(run: () => unknown, watched: Watched): unknown {
  const settle = async (): Promise<unknown> => {
    const output = await run();
    if (isGenerator(output)) return items(output, watched);
    watched.over();
    return output;
  };
  return settle().catch((error: unknown) => {
    watched.failed(error);
    watched.over();
    throw error;
  });
}

async function* items(
  generator: AsyncGenerator<unknown> | Generator<unknown>,
  { over, failed }: Watched,
): AsyncGenerator<unknown> {
  try {
    yield* generator;
  } catch (error) {
    failed(error);
    throw error;
  } finally {
    over();
  }
}

function isGenerator(output: unknown): output is AsyncGenerator<unknown> | Generator<unknown> {
  if (typeof output !== "object" || output === null || !("next" in output)) return false;
  return Symbol.asyncIterator in output || Symbol.iterator in output;
}

function notThere({ name, method }: Target): Handler {
  return () => {
    throw new NotFoundError(
      "WINDLASS_NO_SUCH_METHOD",
      `the fake of class "${name}" has no method "${method}"`,
    );
  };
}

function unknown(app: string, name: string): NotFoundError {
  return new NotFoundError("WINDLASS_FUNCTION_NOT_FOUND", `app "${app}" has no function "${name}"`);
}
