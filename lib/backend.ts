import type { CallTrace, MadeRecord, TraceQuery } from "./call-trace.ts";
import type { Page } from "./codec/page.ts";
import type { Stores } from "./storage/stores.ts";
import type { Answers } from "./web/answers.ts";

/** What a call is addressed to: a function, or a method of one parameter set of a class. */
export interface Target {
  readonly app: string;
  /** The name of the function or class. */
  readonly name: string;
  /** The method, for a class. */
  readonly method?: string | undefined;
  /** The constructor's parameters, for a class: a page of one value. */
  readonly params?: Page | undefined;
  /** Options that its handle changed, as JSON with sorted keys: see variant.ts. */
  readonly variant?: string | undefined;
  /** Where its calls go. @default - where those of its app go */
  readonly backend?: Backend | undefined;
}

/** Inputs from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Consecutive inputs of a call. */
export interface InputPage {
  /** Index of the first input within the call. */
  readonly start: number;
  readonly count: number;
  /** True when each value is the single argument, false when it is the array of arguments. */
  readonly unary: boolean;
  readonly args: Page;
  /** The input that made these, where that runs in a container: `in-….0`. */
  readonly parent?: string | undefined;
}

/** An idempotency key of an input, and its arguments: both as hashes. */
export interface InputKey {
  readonly key: string;
  readonly args: string;
}

/** Inputs that have a key each. */
export interface KeyedPage extends InputPage {
  readonly keys: readonly InputKey[];
}

/** An input of a durable call. */
export interface InputPlace {
  readonly callId: string;
  readonly index: number;
}

/** Why an input has no value. `rejected`: user code failed in a way that another attempt cannot mend. */
export type FailureKind = "error" | "rejected" | "timeout" | "cancelled" | "crashed" | "startup";

export interface Failure {
  /** Index within the call. */
  readonly index: number;
  readonly kind: FailureKind;
  /** The error: a page of one value. */
  readonly error: Page;
}

/** Results of consecutive inputs of a call; a failed input has `null` in `values` and an entry in `failures`. */
export interface ResultPage {
  readonly start: number;
  readonly count: number;
  readonly values: Page;
  readonly failures?: readonly Failure[] | undefined;
  /** What its generator yielded, where items do not arrive in order: on AWS. */
  readonly yielded?: Yielded | undefined;
}

/** The items of a generator that has ended. */
export interface Yielded {
  /** Which run of the generator it was: a generator that yields nothing before it dies may run again. */
  readonly run: number;
  readonly items: number;
}

export interface CallRequest {
  readonly callId: string;
  readonly target: Target;
  /**
   * `map`: one call of many inputs. `group`: every input is a call of its own, id `<callId>.<index>`.
   * `generator`: one input that yields items before its result.
   */
  readonly kind: "map" | "group" | "generator";
}

/** Consecutive items of a generator. */
export interface ItemPage {
  readonly count: number;
  readonly values: Page;
}

/** Where results of an open call go. Each input is reported exactly once, in any order. */
export interface CallSink {
  results(page: ResultPage): void;
  /** Items that a generator yielded, in order; its result comes after the last. */
  items?(items: ItemPage): void;
}

/** The sending half of an open call. */
export interface CallChannel {
  push(page: InputPage): void;
  /** Cancels inputs that are not done, all of them by default; each is then reported as a `cancelled` failure. */
  cancel(index?: number): void;
  /** Lets a generator yield this many items more. */
  credit(items: number): void;
  /** No more inputs will come and no more results are wanted. */
  close(): void;
}

/** What the store knows of a durable call. */
export interface CallReading {
  /** Undefined while the caller may still add inputs. */
  readonly total: number | undefined;
  readonly pages: readonly ResultPage[];
  /** Why there are none, where that is known. */
  readonly waitsFor?: string | undefined;
}

export interface ReadQuery {
  readonly callId: string;
  readonly start: number;
  readonly count: number;
  /** How long to wait for input `start` to be done; 0 looks once. */
  readonly waitMs: number;
  /** Wait for any of these inputs, and answer all of them that are done. @default - those without a gap from `start` on */
  readonly anyOf?: readonly Span[] | undefined;
}

/** How a call is cancelled. */
export interface CancelOptions {
  /**
   * Ends the containers at once that run it: its inputs get no time to settle. What else they ran runs again in others.
   * @default false
   */
  readonly terminateContainers?: boolean | undefined;
}

/** How many containers a pool has; what is left out stays as it is. */
export interface AutoscalerSettings {
  /** Containers that are there without work. */
  readonly minContainers?: number | undefined;
  /** Containers that may be there at a time. */
  readonly maxContainers?: number | undefined;
  /** Containers beyond what the work needs, while there is any. */
  readonly bufferContainers?: number | undefined;
  /** How long an idle container is kept. */
  readonly scaledownWindowSeconds?: number | undefined;
}

export interface FunctionStats {
  /** Inputs that wait. On AWS it is an estimate of messages that are up to a minute old, and of what containers hold. */
  readonly backlog: number;
  /** Containers that start or run. */
  readonly numTotalRunners: number;
}

/** A function or class of an app. */
export interface Defined {
  readonly name: string;
  readonly kind: "function" | "cls";
}

/** Port to whatever runs calls: the local engine, AWS, or (in a container) the agent beside the runner. */
export interface Backend {
  readonly name: string;
  /** Dicts, queues, secrets and volumes of its environment. */
  readonly stores: Stores;
  /** Opens a call whose results come to this process and are not stored. */
  open(request: CallRequest, sink: CallSink): CallChannel;
  /** Stores inputs of a durable call; resolves once they would survive a crash of this process. */
  spawn(request: CallRequest, page: InputPage): Promise<void>;
  /** States how many inputs a durable map has. */
  endSpawn(callId: string, total: number): Promise<void>;
  /**
   * Spawns those inputs as a call whose keys nobody has used, and answers where the result of each is: a key that was
   * used before leads to the input of then, and is undefined where that had other arguments. A key is free again after
   * seven days, and when its input was cancelled or no container could start for it.
   */
  spawnOnce(request: CallRequest, page: KeyedPage): Promise<readonly (InputPlace | undefined)[]>;
  /** Reads stored results, waiting for the first. @throws NotFoundError, OutputExpiredError */
  read(query: ReadQuery): Promise<CallReading>;
  /** Cancels a durable call, or one input of it. @throws NotFoundError, OutputExpiredError */
  cancel(callId: string, index?: number, options?: CancelOptions): Promise<void>;
  /** What is recorded of inputs of a call. @throws NotFoundError, OutputExpiredError */
  trace(query: TraceQuery): Promise<CallTrace>;
  /** Records that an input of a call has made others. */
  noteMade(callId: string, made: MadeRecord): Promise<void>;
  /** Changes how many containers the target's pool has, until its app is deployed again. @throws NotFoundError */
  updateAutoscaler(target: Target, settings: AutoscalerSettings): Promise<void>;
  /** @throws NotFoundError */
  getCurrentStats(target: Target): Promise<FunctionStats>;
  /** Where a function answers HTTP requests, without a slash at the end. @throws NotFoundError where nothing serves it */
  url(target: Target): Promise<string>;
  /** Whether requests may carry the token with this hash, in hexadecimal. */
  findToken(hash: string): Promise<boolean>;
  /** Keeps answers that come late. @default - it keeps none, and requests wait */
  readonly answers?: Answers | undefined;
  /** What an app has that can be called from here. @throws NotFoundError */
  functions(app: string): Promise<readonly Defined[]>;
}
