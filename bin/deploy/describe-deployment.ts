import { logGroupOf } from "../../lib/aws/facts.ts";
import { snapshotNotice } from "../../lib/memory-snapshots.ts";
import type { AppSpec, FunctionSpec } from "../../lib/spec.ts";
import type { Deployed } from "./deploy-app.ts";
import { gpuLines } from "./gpu-lines.ts";

interface Told extends Deployed {
  readonly spec: AppSpec;
  readonly environment: string;
  /** How long it took, with its unit. */
  readonly seconds: string;
  readonly isDryRun: boolean;
}

/** Names of so many functions are shown. */
const SHOWN = 8;

/** What to tell of a deployment: as text, and as data for `--json`. */
export function describeDeployment(deployed: Told): { text: string; json: object } {
  const { spec, row, resources, isUnchanged, changes, gpus, urls, environment } = deployed;
  const { name, functions } = spec;
  const logGroup = logGroupOf(environment, name);
  const lines = [
    headline(deployed),
    `  ${functions.length === 1 ? "function " : "functions"}  ${namesOf(functions)}`,
    ...gpuLines(gpus).map((line, index) => `  ${index === 0 ? "gpu" : "   "}        ${line}`),
    ...Object.entries(urls).map(([one, url], index) => {
      return `  ${index === 0 ? "url" : "   "}        ${one}  ${url}`;
    }),
    ...snapshotLines(spec),
    `  logs       ${logGroup}`,
    `  call it    ${callOf(name, functions[0])}`,
  ];
  const json = {
    app: name,
    environment,
    deployment: row?.number ?? null,
    tag: row?.label?.tag ?? null,
    isUnchanged,
    changes,
    codeHash: row?.codeHash ?? null,
    specHash: row?.specHash ?? null,
    resources: resources ?? 0,
    functions: functions.map((one) => one.name),
    urls,
    gpus,
    logGroup,
  };
  const isShort = deployed.isDryRun || isUnchanged;
  return { text: `${(isShort ? lines.slice(0, 1) : lines).join("\n")}\n`, json };
}

function headline({ spec, row, resources, isUnchanged, environment, seconds, isDryRun }: Told) {
  const where = `${spec.name} in environment ${environment}`;
  if (isUnchanged) return `Nothing has changed: ${where} is deployment ${row?.number}, ${seconds}`;
  if (isDryRun && row === undefined) return `Nothing was deployed: ${where} would be new`;
  if (isDryRun) return `Nothing was deployed: ${where} stays deployment ${row?.number}`;
  const what = resources === undefined ? "code only" : countOf(resources, "resource");
  const tag = row?.label?.tag === undefined ? "" : ` (${row.label.tag})`;
  return `Deployed ${spec.name} to environment ${environment}: deployment ${row?.number}${tag}, ${what}, ${seconds}`;
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
