import type { Scaled } from "../autoscaler.ts";
import type { RemoteCalls, RemoteGenerator } from "../function.ts";
import type { AnyHandler, IfGenerator, Invalid } from "../handler.ts";
import type { BatchVaried, Varied } from "../varied.ts";

interface Named {
  readonly name: string;
  /** Python runs in containers alone. */
  readonly local: Invalid<"Python runs in containers alone: call remote">;
}

interface OfApp {
  /** Name of the app that it runs in: the including one, for an included app. */
  readonly app: string;
}

/** A Python function of an app: call `remote`, `map`, … */
export interface PythonFunctionHandle<Signature extends AnyHandler>
  extends Named,
    OfApp,
    RemoteCalls<Signature>,
    Scaled,
    BatchVaried<PythonFunctionHandle<Signature>> {}

/** A Python generator of an app: call `remoteGen`. */
export interface PythonGeneratorHandle<Signature extends AnyHandler>
  extends Named,
    OfApp,
    RemoteGenerator<Signature>,
    Scaled,
    Varied<PythonGeneratorHandle<Signature>> {}

/** The handle of a Python function with this signature. */
export type PythonHandle<Signature extends AnyHandler> = IfGenerator<
  Signature,
  PythonGeneratorHandle<Signature>,
  PythonFunctionHandle<Signature>
>;

type PythonMethod<Signature extends AnyHandler> = IfGenerator<
  Signature,
  Named & RemoteGenerator<Signature>,
  Named & RemoteCalls<Signature>
>;

/** An object of a Python class that lives in containers: a handle for each of its methods, and its containers. */
export type PythonObject<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends AnyHandler
    ? PythonMethod<Methods[Name]>
    : never;
} & Omit<Scaled, keyof Methods>;

/** A Python class of an app: `new` makes a remote object; its parameters are keyword arguments of `__init__`. */
export interface PythonClsHandle<Methods, Params>
  extends OfApp,
    BatchVaried<PythonClsHandle<Methods, Params>> {
  readonly name: string;
  new (
    ...params: undefined extends Params ? [params?: Params] : [params: Params]
  ): PythonObject<Methods>;
}
