import type { FunctionSpec } from "../lib/spec.ts";
import type { DoorSpec } from "../lib/web/door.ts";
import type { PythonWebKind } from "../lib/web/web-spec.ts";

/** An app of Python. */
interface PythonWebRequest {
  readonly kind: PythonWebKind;
  /** The method of a class that makes it; `null`: the function does. */
  readonly target: string | null;
}

/** What the agent asks a fresh runner to become. */
export interface LoadRequest {
  readonly app: string;
  /** Absolute path of the user's bundle; for Python, of the folder that files of handlers are relative to. */
  readonly bundle: string;
  readonly name: string;
  readonly kind: FunctionSpec["kind"];
  /** What it is in Python. */
  readonly python: FunctionSpec["python"];
  readonly env: Readonly<Record<string, string>>;
  readonly containerId: string;
  readonly maxInputs: number;
  readonly timeoutSeconds: number;
  /** Requests without any part of an answer for this long are told to ask again, in milliseconds; 0: none are. */
  readonly lateAfterMs: number;
  /** Connections are brought to it by what their first request says, not each request. */
  readonly routesConnections: boolean;
  /** It is told which leases to run together. */
  readonly isBatched: boolean;
  /** Other containers listen on ports of the same machine. */
  readonly sharesPorts: boolean;
  /** What it answers requests with, where its agent speaks HTTP for it: an app of Python. */
  readonly web: PythonWebRequest | null;
  /** How requests come from a load balancer; `null`: they come from clients. */
  readonly door: DoorSpec | null;
  /** Parameters of a class, packed; 0 if there are none. */
  readonly params: string | 0;
}
