import type { AnyHandler } from "../handler.ts";

/**
 * Signatures of Python functions and classes, by `handler`. `windlass types app.ts` writes a file that adds to it, so that
 * `app.python` and `app.pythonCls` need none written by hand.
 */
// biome-ignore lint/suspicious/noEmptyInterface: what is in it is declared by the user's project
export interface PythonHandlers {}

/** The signature of a Python function that is known by its `handler`. */
export type SignatureOf<Handler extends keyof PythonHandlers> =
  PythonHandlers[Handler] extends AnyHandler ? PythonHandlers[Handler] : never;

/** Methods of a Python class that is known by its `handler`. */
export type MethodsOf<Handler extends keyof PythonHandlers> = PythonHandlers[Handler] extends {
  methods: infer Methods;
}
  ? Methods
  : never;

/** Parameters of a Python class that is known by its `handler`. */
export type PythonParamsOf<Handler extends keyof PythonHandlers> = PythonHandlers[Handler] extends {
  params: infer Params;
}
  ? Params
  : never;
