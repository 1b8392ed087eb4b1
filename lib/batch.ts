import type { Scaled } from "./autoscaler.ts";
import type { Named, RemoteCalls } from "./function.ts";
import type { AnyHandler, Invalid } from "./handler.ts";
import type { BatchVaried } from "./varied.ts";

/** A handler that takes one array a parameter and gives back as many outputs as there are inputs. */
export type BatchHandler = (
  ...columns: never[][]
) => readonly unknown[] | Promise<readonly unknown[]>;

/** A handler of batches as its callers see it: `(xs: number[], ys: string[]) => number[]` is called with one `x` and `y`. */
export type OneOf<Handler extends BatchHandler> =
  Parameters<Handler> extends Required<Parameters<Handler>>
    ? (...args: EachOf<Parameters<Handler>>) => OutputOf<Handler>
    : (
        ...args: [
          Invalid<"a function with `batch` has no optional parameters: each is an array of the whole batch">,
        ]
      ) => OutputOf<Handler>;

type EachOf<Columns extends readonly unknown[]> = {
  [Index in keyof Columns]: Columns[Index] extends readonly (infer Item)[] ? Item : never;
};

type OutputOf<Handler extends BatchHandler> =
  Awaited<ReturnType<Handler>> extends readonly (infer Output)[] ? Output : never;

/** A function that takes batches: called with single inputs. `local` is the handler itself, which takes arrays. */
export interface BatchHandle<Handler extends BatchHandler>
  extends Named<Handler>,
    RemoteCalls<OneOf<Handler>>,
    Scaled,
    BatchVaried<BatchHandle<Handler>> {}

/** Stands for the method of a class that takes batches. */
export interface Batched<Method extends BatchHandler> {
  readonly batched: Method;
}

/** The method of a remote object that takes batches: called with single inputs. */
export interface BatchMethodHandle<Method extends BatchHandler> extends RemoteCalls<OneOf<Method>> {
  readonly name: string;
  /** Runs the method itself in this process, which takes arrays, on an object of its own that has entered. */
  local(...columns: Parameters<Method>): Promise<Awaited<ReturnType<Method>>>;
}

/** The methods of a class that takes batches, as {@link Batched}. */
export type BatchedMethods<Methods> = {
  readonly [Name in keyof Methods as Methods[Name] extends AnyHandler
    ? Name extends string
      ? Name
      : never
    : never]: Methods[Name] extends BatchHandler ? Batched<Methods[Name]> : never;
};
