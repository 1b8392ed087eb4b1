/** Any function that can be run remotely. Captured whole, so that default parameters keep their types. */
export type AnyHandler = (...args: never[]) => unknown;

/** Any class that can be run remotely: its constructor takes nothing, or one object of parameters. */
export type AnyClass = new (params: never) => object;

/** What a call gives back that cannot work; the sentence says why. */
export interface Invalid<Sentence extends string> {
  readonly "not possible": Sentence;
}

/** What one run of a handler gives its caller. */
export type Output<Handler extends AnyHandler> = Sendable<Settled<ReturnType<Handler>>>;

// `Awaited` alone looks into the structure of every Promise: three quarters of what a handle costs the compiler.
type Settled<Value> = Value extends Promise<infer Inner> ? Inner : Awaited<Value>;

type Sendable<Value> = Value extends AnyHandler | symbol
  ? Invalid<"a function or symbol cannot be sent: return data">
  : Value;

/** Inputs of a call of many: any iterable, infinite ones too. */
export type Items<Item> = Iterable<Item> | AsyncIterable<Item>;

/** `Then`, unless the handler has two required parameters and needs tuples. */
export type Unary<Handler extends AnyHandler, Then, Instead extends string> =
  Parameters<Handler> extends readonly [unknown, unknown, ...unknown[]] ? Invalid<Instead> : Then;

type AnyGenerator = AsyncIterable<unknown> | Iterator<unknown, unknown, never>;

/** `Stream` for a generator function, else `Plain`; `any`, `unknown` and `never` are no generators. */
export type IfGenerator<Handler extends AnyHandler, Stream, Plain> =
  unknown extends ReturnType<Handler>
    ? Plain
    : [ReturnType<Handler>] extends [never]
      ? Plain
      : ReturnType<Handler> extends AnyGenerator
        ? Stream
        : Plain;

/** What a generator function yields. */
export type Yield<Handler extends AnyHandler> =
  ReturnType<Handler> extends AsyncIterable<infer Item> | Iterator<infer Item, unknown, never>
    ? Item
    : never;

const GENERATORS: ReadonlySet<unknown> = new Set([
  Object.getPrototypeOf(function* () {}),
  Object.getPrototypeOf(async function* () {}),
]);

/** True for a function written as `function*` or `async function*`. */
export function isGenerator(handler: unknown): boolean {
  return typeof handler === "function" && GENERATORS.has(Object.getPrototypeOf(handler));
}
