import type { StandardSchema } from "../standard-schema.ts";
import type { HttpMethod } from "./options.ts";
import type { AuthSpec, CorsSpec, PythonWebKind } from "./web-spec.ts";

/** A route as it was defined. */
export interface RouteDefinition {
  readonly method: HttpMethod;
  readonly path: string;
  /** The method of a class that answers; undefined for a function. */
  readonly target: string | undefined;
  readonly query: StandardSchema | undefined;
  readonly body: StandardSchema | undefined;
}

interface Access {
  readonly auth: AuthSpec;
  /** Undefined: what it answers says what browsers may read. */
  readonly cors: CorsSpec | undefined;
  readonly sticky: boolean;
  /** Of a class: the schema of its parameters, which requests say in their query. */
  readonly params?: StandardSchema | undefined;
}

/** What a function or class has on the web. */
export type WebDefinition = Access &
  (
    | {
        readonly kind: "endpoints";
        readonly routes: readonly RouteDefinition[];
        readonly hasDocs: boolean;
      }
    | { readonly kind: "app" | PythonWebKind; readonly target: string | undefined }
    | { readonly kind: "server"; readonly port: number; readonly isQueued: boolean }
  );
