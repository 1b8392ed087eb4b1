import { InvalidError } from "../../lib/errors.ts";
import type { FunctionSpec } from "../../lib/spec.ts";

/** What runs a function: `web` is a Node that is given connections. */
export type RunnerKind = "node" | "web" | "python";

/** The runner of a function. */
export function runnerOf({ python, web }: Pick<FunctionSpec, "python" | "web">): RunnerKind {
  if (python !== null) return "python";
  return web ? "web" : "node";
}

/** What a container on AWS is told when it is started. */
export interface AgentEnvironment {
  readonly app: string;
  /** Name of the function or class that it runs. */
  readonly function: string;
  /** Key of the pool that it belongs to. */
  readonly pool: string;
  readonly containerId: string;
  /** Of its function when the container was placed: which runner to start while the deployment is looked up. */
  readonly language: RunnerKind;
  readonly environment: string;
  readonly table: string;
  readonly bucket: string;
  /** The controller's function, woken by calls that user code makes; undefined: the sweep finds them. */
  readonly controller: string | undefined;
}

const KINDS: readonly RunnerKind[] = ["node", "web", "python"];

const NAMES = {
  app: "WINDLASS_APP",
  function: "WINDLASS_FUNCTION",
  pool: "WINDLASS_POOL",
  containerId: "WINDLASS_CONTAINER_ID",
  environment: "WINDLASS_ENVIRONMENT",
  table: "WINDLASS_TABLE",
  bucket: "WINDLASS_BUCKET",
} as const;

/** @throws InvalidError naming every variable that is missing */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): AgentEnvironment {
  const missing = Object.values(NAMES).filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new InvalidError(
      "WINDLASS_AGENT_ENVIRONMENT",
      `a container of Windlass needs ${missing.join(", ")} in its environment`,
      { hint: "the controller sets them: call the function, instead of running its image by hand" },
    );
  }
  const values = Object.entries(NAMES).map(([field, name]) => [field, env[name]]);
  const controller = env["WINDLASS_CONTROLLER"] || undefined;
  return {
    ...(Object.fromEntries(values) as Omit<AgentEnvironment, "controller" | "language">), // Each is there.
    language: KINDS.find((kind) => kind === env["WINDLASS_LANGUAGE"]) ?? "node",
    controller,
  };
}
