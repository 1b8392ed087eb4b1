import type { Place } from "./call-site.ts";
import type { EntrypointHandler } from "./entrypoint.ts";
import type { AnyClass, AnyHandler } from "./handler.ts";
import type { AnyClsOptions, AnyFunctionOptions } from "./options/function-options.ts";
import type { PythonName } from "./python/handler-name.ts";
import type { StandardSchema } from "./standard-schema.ts";
import type { WebDefinition } from "./web/definition.ts";

/** A function of an app, as the user defined it; its options were validated. */
interface FunctionDefinition {
  readonly kind: "function";
  readonly name: string;
  readonly options: AnyFunctionOptions;
  readonly handler: AnyHandler;
  /** Absolute path of the file that defines it; undefined if it is in none. */
  readonly file: string | undefined;
  /** What it is in Python; its handler is then one that refuses. */
  readonly python?: PythonDefinition;
  /** How it answers HTTP requests; its handler is then given those. */
  readonly web?: WebDefinition | undefined;
}

/** A function or class that is written in Python. */
interface PythonDefinition extends PythonName {
  /** Where it is defined; undefined if that is in no file. */
  readonly place: Place | undefined;
}

/** A class of an app, as the user defined it; its options were validated. */
export interface ClsDefinition {
  readonly kind: "cls";
  readonly name: string;
  readonly options: AnyClsOptions;
  readonly ctor: AnyClass;
  /** Methods that can be called remotely, those of base classes included, sorted. */
  readonly methods: readonly string[];
  readonly file: string | undefined;
  /** What it is in Python; its methods are then known to its containers alone. */
  readonly python?: PythonDefinition;
  /** What its objects have on the web. */
  readonly web?: WebDefinition | undefined;
}

export type Definition = FunctionDefinition | ClsDefinition;

/** An entrypoint of an app: runs where the command runs, not in a container. */
export interface EntrypointDefinition {
  readonly name: string;
  /** Validates the arguments; without it they are passed as they come. */
  readonly schema: StandardSchema | undefined;
  readonly handler: EntrypointHandler;
  readonly file: string | undefined;
}
