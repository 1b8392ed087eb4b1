import type { ContainerKind } from "../lib/local/engine.ts";
import { toAwsOptions } from "./deploy/deploy-options.ts";
import { UsageError } from "./usage-error.ts";

/** Options of `windlass run` as flags; the command line takes them before the file and after the app's arguments. */
export const RUN_OPTIONS: readonly (readonly [flags: string, description: string])[] = [
  [
    "--on <place>",
    "where it runs: local (default), or aws: deployed for this run, removed after it",
  ],
  ["--app <name>", "with --on aws: call the app that is deployed under this name"],
  ["--detach", "with --on aws: leave what was deployed for a day, for spawned calls to go on"],
  ["--environment <name>", "with --on aws: the environment"],
  ["--cpu", "run functions that ask for a GPU on this machine's CPU, without asking"],
  [
    "--containers <kind>",
    "what containers are: process (default: WINDLASS_CONTAINERS), or docker: in their images",
  ],
  ["--no-venv", "run Python functions with the Python and the packages of this machine"],
  ["--json", "print the returned value as JSON; output of containers goes to standard error"],
  ["--quiet", "no progress, no notices, and no names before the output of containers"],
  ["--inspect [port]", "let a debugger attach to the process of a container (--inspect=9229)"],
  ["--inspect-brk [port]", "the same, and wait for the debugger before user code runs"],
  ["--debug", "show stack traces of Windlass too"],
];

/** How to run an app. */
export interface RunOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly inspect: Inspect | undefined;
  /** Functions that ask for a GPU may run without one on this machine. */
  readonly cpu: boolean;
  /** Python functions run in virtual environments with what their images install. */
  readonly usesVenv: boolean;
  /** What containers on this machine are. */
  readonly containers: ContainerKind | undefined;
  /** Undefined where it runs on this machine. */
  readonly aws: RunOnAws | undefined;
}

/** How to run on AWS. */
export interface RunOnAws {
  /** A deployed app; undefined: the module is deployed for this run. */
  readonly app: string | undefined;
  readonly isDetached: boolean;
  readonly environment: string;
}

interface Inspect {
  readonly isBreaking: boolean;
  /** `[host:]port`. */
  readonly address: string;
}

type Parsed = Readonly<Record<string, unknown>>;

/** Reads the options from parsed flags. @throws UsageError for a port that is none */
export function toRunOptions(parsed: Parsed): RunOptions {
  return {
    json: parsed["json"] === true,
    quiet: parsed["quiet"] === true,
    inspect: inspectOf(parsed, "inspectBrk") ?? inspectOf(parsed, "inspect"),
    cpu: cpuOf(parsed),
    usesVenv: usesVenv(parsed),
    containers: containersOf(parsed),
    aws: awsOf(parsed),
  };
}

function containersOf(parsed: Parsed): ContainerKind | undefined {
  const { containers, on } = parsed;
  if (containers === undefined) return undefined;
  if (on === "aws") {
    throw new UsageError("WINDLASS_ONLY_LOCAL", "`--containers` is for a run on this machine", {
      hint: "leave out `--containers`, or `--on aws`",
    });
  }
  if (containers !== "process" && containers !== "docker") {
    throw new UsageError(
      "WINDLASS_CONTAINERS",
      `\`--containers\` must be process or docker, got "${String(containers)}"`,
      { hint: "leave it out for processes of this machine" },
    );
  }
  const isInspected = (parsed["inspect"] ?? parsed["inspectBrk"]) !== undefined;
  if (containers === "process" || !isInspected) return containers;
  throw new UsageError("WINDLASS_CONTAINERS", "`--inspect` is for containers that are processes", {
    hint: "leave out `--containers docker`",
  });
}

function cpuOf({ cpu, on }: Parsed): boolean {
  if (cpu === true && on === "aws") {
    throw new UsageError("WINDLASS_ONLY_LOCAL", "`--cpu` is for a run on this machine", {
      hint: "leave out `--cpu`, or `--on aws`",
    });
  }
  return cpu === true;
}

function usesVenv({ venv, on }: Parsed): boolean {
  if (venv === false && on === "aws") {
    throw new UsageError("WINDLASS_ONLY_LOCAL", "`--no-venv` is for a run on this machine", {
      hint: "leave out `--no-venv`, or `--on aws`",
    });
  }
  return venv !== false;
}

function awsOf(parsed: Parsed): RunOnAws | undefined {
  const place = parsed["on"] ?? "local";
  if (place === "aws") {
    const app = parsed["app"] === undefined ? undefined : String(parsed["app"]);
    const isDetached = parsed["detach"] === true;
    return { app, isDetached, environment: toAwsOptions(parsed).environment };
  }
  if (place !== "local") {
    throw new UsageError(
      "WINDLASS_PLACE",
      `\`--on\` must be local or aws, got "${String(place)}"`,
      {
        hint: "write `--on aws`, or leave it out",
      },
    );
  }
  const given = ["app", "detach", "environment"].find((name) => parsed[name] !== undefined);
  if (given === undefined) return undefined;
  throw new UsageError("WINDLASS_ONLY_ON_AWS", `\`--${given}\` needs \`--on aws\``, {
    hint: "add `--on aws`",
  });
}

function inspectOf(parsed: Parsed, name: "inspect" | "inspectBrk"): Inspect | undefined {
  const value = parsed[name];
  if (value === undefined) return undefined;
  const isBreaking = name === "inspectBrk";
  const address = value === true || value === "" ? "127.0.0.1:9229" : String(value);
  const [, port = ""] = /^(?:.+:)?(\d+)$/.exec(address) ?? [];
  if (port === "" || Number(port) > 65_535) {
    throw new UsageError(
      "WINDLASS_PORT",
      `the port to inspect must be 0 to 65535, got "${address}"`,
      {
        hint: `write \`--inspect${isBreaking ? "-brk" : ""}=9229\``,
      },
    );
  }
  return { isBreaking, address };
}
