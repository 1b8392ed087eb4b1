import type { AnyHandler } from "../handler.ts";

/** A handle of a function or method, of this app or another. */
export type AnyFunctionHandle =
  | { readonly name: string; remote(...args: never[]): Promise<unknown> }
  | {
      readonly name: string;
      remoteGen(...args: never[]): AsyncGenerator<unknown, void, undefined>;
    };

/** A handle of a class. */
export type AnyClsHandle = new (...params: never[]) => object;

/** What a call of a handle takes. */
export type ArgsOf<Handle> = Handle extends { remote(...args: infer Args): Promise<unknown> }
  ? Args
  : Handle extends { remoteGen(...args: infer Args): AsyncGenerator<unknown, void, undefined> }
    ? Args
    : readonly unknown[];

/** What a call of a handle gives. */
export type ResultOf<Handle> = Handle extends {
  remote(...args: never[]): Promise<infer Output>;
}
  ? Output
  : unknown;

/** What a call of a generator's handle yields. */
export type ItemOf<Handle> = Handle extends {
  remoteGen(...args: never[]): AsyncGenerator<infer Item, void, undefined>;
}
  ? Item
  : unknown;

/** What can stand for a function, or makes what stands for an object of a class. */
export type FakeOf<Handle> = Handle extends new (
  ...params: infer Params
) => infer Methods
  ? (...params: Params) => FakeMethods<Methods>
  : FakeCall<Handle>;

/** Its methods; those that only scale it are left out. */
type FakeMethods<Methods> = {
  readonly [Name in keyof Methods as FakeCall<Methods[Name]> extends never
    ? never
    : Name]: FakeCall<Methods[Name]>;
};

// By `local`, where there is one: that of a function with batches takes arrays.
type FakeCall<Handle> = Handle extends { readonly local: infer Local extends AnyHandler }
  ? Loose<Local>
  : Handle extends { remoteGen(...args: infer Args): AsyncGenerator<infer Item, void, undefined> }
    ? (...args: Args) => Iterable<Item> | AsyncIterable<Item>
    : Handle extends { remote(...args: infer Args): Promise<infer Output> }
      ? (...args: Args) => Output | Promise<Output>
      : never;

/** The same whether or not it waits. */
type Loose<Handler extends AnyHandler> =
  ReturnType<Handler> extends
    | AsyncIterator<infer Item, unknown, never>
    | Iterator<infer Item, unknown, never>
    ? (...args: Parameters<Handler>) => Iterable<Item> | AsyncIterable<Item>
    : (
        ...args: Parameters<Handler>
      ) => Awaited<ReturnType<Handler>> | Promise<Awaited<ReturnType<Handler>>>;
