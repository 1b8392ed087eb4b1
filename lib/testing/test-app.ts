import type { App } from "../app.ts";
import type { Target } from "../backend.ts";
import { checkMayRun } from "../client/run.ts";
import { clsTargetOf } from "../cls-targets.ts";
import { InvalidError } from "../errors.ts";
import { TargetCalls } from "../function.ts";
import { show } from "../options/show.ts";
import type { SecretValues } from "../storage/secret-values.ts";
import type { TestCall } from "./call-log.ts";
import type { AttemptFailure, Fake } from "./doubles.ts";
import type {
  AnyClsHandle,
  AnyFunctionHandle,
  ArgsOf,
  FakeOf,
  ItemOf,
  ResultOf,
} from "./handle-types.ts";
import { Lab } from "./lab.ts";

export interface TestAppOptions {
  /** Variables of secrets that have a name, by that name. @default {} */
  readonly secrets?: Readonly<Record<string, SecretValues>> | undefined;
  /** Other apps that it calls, which are under test, too. @default [] */
  readonly otherApps?: readonly App[] | undefined;
  /**
   * How time passes. `automatic`: nobody waits for the delay of a retry or for a batch to fill; time passes for them once
   * no code of the app runs. `manual`: only when the test says so. `real`: as everywhere.
   * @default "automatic"
   */
  readonly time?: "automatic" | "manual" | "real" | undefined;
  /** The first moment of its clock. @default - now */
  readonly startsAt?: Date | undefined;
}

/** The clock of an app under test: timeouts, retries, batches, idle containers, dicts and queues go by it. */
export interface TestClock {
  /** Since the test began. */
  readonly nowSeconds: number;
  /**
   * Lets time pass, with all that is due in it, in order.
   * @throws InvalidError for less than 0; ExecutionError where time is real
   */
  advanceSeconds(seconds: number): Promise<void>;
  /** Resolves when nothing goes on by itself any more. What waits for the network is not waited for. */
  settle(): Promise<void>;
}

/** Which runs of inputs are to fail. */
export interface WhichAttempt<Args> {
  /** The n-th run of an input, 1 for the first. */
  readonly attempt: number;
  /** Which inputs, by their arguments. @default - all of the function */
  readonly when?:
    | ((...args: Args extends readonly unknown[] ? Args : never) => boolean)
    | undefined;
}

/** An app that runs in this process for a test. Close it, or let `await using` do so. */
export interface TestApp extends AsyncDisposable {
  readonly clock: TestClock;

  /**
   * Inputs of a function, method or class, in the order of their arrival.
   * @example expect(media.calls(resize)).toMatchObject([{ args: ["a.png"], result: "done" }]);
   */
  calls<Handle extends AnyFunctionHandle | AnyClsHandle>(
    handle: Handle,
  ): TestCall<ArgsOf<Handle>, ResultOf<Handle>, ItemOf<Handle>>[];

  /**
   * Makes the n-th run of each input fail before its code is called: with an error, with the end of its container, or by
   * running out of time.
   * @param attempt - 1 for the first, or with `when` that of some inputs
   * @throws InvalidError for what is no attempt
   * @example media.failAttempt(resize, { attempt: 1, when: (url) => url === "a.png" }, "crash");
   */
  failAttempt<Handle extends AnyFunctionHandle>(
    handle: Handle,
    attempt: number | WhichAttempt<ArgsOf<Handle>>,
    failure: AttemptFailure,
  ): void;

  /**
   * Runs something else in place of a function; for a class: what makes what stands for its objects, whose hooks do not
   * run then. Arguments and results travel as those of the function do. What it answers takes it away again.
   */
  fake<Handle extends AnyFunctionHandle | AnyClsHandle>(
    handle: Handle,
    fake: FakeOf<Handle>,
  ): { restore(): void };

  /** Ends its containers, with their `[exit]` hooks. */
  close(): Promise<void>;
}

/**
 * Runs an app in this process, without containers: calls of its handles go there until it is closed.
 * @example
 * await using media = await testApp(app);
 * media.failAttempt(resize, 1, new Error("out of memory"));
 * expect(await resize.remote("a.png")).toBe("done");
 * expect(media.calls(resize)[0]?.attempts).toHaveLength(2);
 * @throws AlreadyExistsError while the app runs in this process; InvalidError naming every mistake in what it defines
 */
export async function testApp(app: App, options: TestAppOptions = {}): Promise<TestApp> {
  const apps = [app, ...(options.otherApps ?? [])].map(({ root }) => root);
  for (const one of apps) checkMayRun(one);
  return new LabApp(await Lab.open(apps, options));
}

class LabApp implements TestApp {
  readonly clock: TestClock;
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.clock = lab.clock;
  }

  calls<Handle extends AnyFunctionHandle | AnyClsHandle>(
    handle: Handle,
  ): TestCall<ArgsOf<Handle>, ResultOf<Handle>, ItemOf<Handle>>[] {
    const isWanted = matcher("calls", handle);
    type Calls = TestCall<ArgsOf<Handle>, ResultOf<Handle>, ItemOf<Handle>>[];
    return this.#lab.log.of(isWanted) as unknown as Calls; // Its handle types what was sent.
  }

  failAttempt<Handle extends AnyFunctionHandle>(
    handle: Handle,
    which: number | WhichAttempt<ArgsOf<Handle>>,
    failure: AttemptFailure,
  ): void {
    const isTarget = matcher("failAttempt", handle);
    const { attempt, when = undefined } = typeof which === "number" ? { attempt: which } : which;
    checkAttempt(attempt);
    const isInput = when as ((...args: readonly unknown[]) => boolean) | undefined; // Its handle types the arguments.
    this.#lab.doubles.plan({
      ...{ attempt, failure },
      isWanted: (target, args) => isTarget(target) && isInput?.(...args) !== false,
    });
  }

  fake<Handle extends AnyFunctionHandle | AnyClsHandle>(
    handle: Handle,
    fake: FakeOf<Handle>,
  ): { restore(): void } {
    const target = targetOf(handle);
    if (target === undefined) throw notAHandle("fake", handle);
    if (target.method !== undefined) throw isMethod(target);
    return { restore: this.#lab.doubles.fake(target, fake as Fake) }; // Its handle types what it takes.
  }

  async close(): Promise<void> {
    await this.#lab.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab.close();
  }
}

function targetOf(handle: unknown): Target | undefined {
  return TargetCalls.targetOf(handle) ?? clsTargetOf(handle);
}

/** Tells the calls of a handle from others. */
function matcher(method: string, handle: unknown): (target: Target) => boolean {
  const wanted = targetOf(handle);
  if (wanted === undefined) throw notAHandle(method, handle);
  return (target) =>
    target.app === wanted.app &&
    target.name === wanted.name &&
    (wanted.method === undefined || target.method === wanted.method) &&
    (wanted.params === undefined || target.params?.text === wanted.params.text) &&
    (wanted.variant === undefined || target.variant === wanted.variant);
}

function checkAttempt(attempt: number): void {
  if (Number.isInteger(attempt) && attempt >= 1) return;
  throw new InvalidError(
    "WINDLASS_INVALID_ATTEMPT",
    `failAttempt() takes a whole number above 0 as its attempt, got ${show(attempt)}`,
    { hint: "the first attempt is 1" },
  );
}

function notAHandle(method: string, got: unknown): InvalidError {
  return new InvalidError(
    "WINDLASS_NOT_A_HANDLE",
    `${method}() takes a handle of a function or class, got ${show(got)}`,
    { hint: "pass what `app.function` or `app.cls` gave, or a method of an object" },
  );
}

function isMethod({ name, method }: Target): InvalidError {
  return new InvalidError(
    "WINDLASS_FAKE_METHOD",
    `fake() takes a class with all its methods, got method "${name}.${method}"`,
    { hint: `write \`fake(${name}, (params) => ({ ${method}: … }))\`` },
  );
}
