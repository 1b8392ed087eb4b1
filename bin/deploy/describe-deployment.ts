import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { logGroupOf } from "../../lib/aws/facts.ts";
import { snapshotNotice } from "../../lib/memory-snapshots.ts";
import type { FirstOffer } from "../../lib/scheduling/first-offers.ts";
import type { AppSpec, FunctionSpec } from "../../lib/spec.ts";
import { gpuLines } from "./gpu-lines.ts";

export interface Deployed {
  readonly spec: AppSpec;
  readonly row: DeploymentRow;
  /** Resources of the stack that have changed; undefined where the stack was not touched. */
  readonly resources: number | undefined;
  /** Hosts of functions with a GPU. */
  readonly gpus: readonly FirstOffer[];
  readonly environment: string;
  /** How long it took, with its unit. */
  readonly seconds: string;
}

/** Names of so many functions are shown. */
const SHOWN = 8;

/** What to tell of a deployment: as text, and as data for `--json`. */
export function describeDeployment(deployed: Deployed): { text: string; json: object } {
  const { spec, row, resources, gpus, environment, seconds } = deployed;
  const { name, functions } = spec;
  const logGroup = logGroupOf(environment, name);
  const what = resources === undefined ? "code only" : countOf(resources, "resource");
  const lines = [
    `Deployed ${name} to environment ${environment}: deployment ${row.number}, ${what}, ${seconds}`,
    `  ${functions.length === 1 ? "function " : "functions"}  ${namesOf(functions)}`,
    ...gpuLines(gpus).map((line, index) => `  ${index === 0 ? "gpu" : "   "}        ${line}`),
    ...snapshotLines(spec),
    `  logs       ${logGroup}`,
    `  call it    ${callOf(name, functions[0])}`,
  ];
  const json = {
    app: name,
    environment,
    deployment: row.number,
    codeHash: row.codeHash,
    specHash: row.specHash,
    resources: resources ?? 0,
    functions: functions.map((one) => one.name),
    gpus,
    logGroup,
  };
  return { text: `${lines.join("\n")}\n`, json };
}

/** `1 resource`, `2 resources`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function snapshotLines(spec: AppSpec): string[] {
  const notice = snapshotNotice(spec);
  return notice === undefined ? [] : [`  notice     ${notice}`];
}

function namesOf(functions: readonly FunctionSpec[]): string {
  const shown = functions.slice(0, SHOWN).map(({ name }) => name);
  const more = functions.length - shown.length;
  return more === 0 ? shown.join(", ") : `${shown.join(", ")} and ${more} more`;
}

function callOf(app: string, first: FunctionSpec | undefined): string {
  if (first === undefined) return "it has no functions";
  const names = `${JSON.stringify(app)}, ${JSON.stringify(first.name)}`;
  if (first.kind === "function") return `DeployedFunction.fromName(${names}).remote(…)`;
  return `new (DeployedCls.fromName(${names}))().${first.methods[0] ?? "method"}.remote(…)`;
}
