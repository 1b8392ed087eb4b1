import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Compared } from "./compare.ts";

/** What the simulation prints of a seed that breaks a promise. */
export interface BrokenSeed {
  readonly seed: number;
  readonly violation: {
    readonly atMs: number;
    readonly invariant: string;
    readonly detail: string;
  };
  /** The shortest trace that was found; left out where the first violation was enough. */
  readonly steps?: readonly unknown[];
}

export interface SimulationSums {
  readonly seeds: number;
  readonly violations: number;
  readonly virtualHours: number;
  readonly calls: number;
  readonly hosts: number;
}

export interface Seeds {
  readonly first: number;
  readonly count: number;
  /** Stops at the first violation, as it is. */
  readonly isFirstEnough?: boolean;
}

/** Runs a bundle of the simulation over seeds, in a process of its own. */
export async function runSeeds(
  bundle: string,
  { first, count, isFirstEnough = false }: Seeds,
): Promise<{ readonly broken: readonly BrokenSeed[]; readonly sums: SimulationSums }> {
  const seeds = [String(first), String(count)];
  const lines = await run(bundle, isFirstEnough ? [...seeds, "--first"] : seeds);
  return { broken: lines.slice(0, -1) as BrokenSeed[], sums: lines.at(-1) as SimulationSums };
}

/** Runs policies on the traces. */
export async function runComparison(bundle: string): Promise<readonly Compared[]> {
  return (await run(bundle, ["--compare"])) as Compared[];
}

/** Objects that the program prints, one a line. */
async function run(bundle: string, args: readonly string[]): Promise<readonly unknown[]> {
  // Most of what it makes is garbage at once.
  const flags = ["--enable-source-maps", "--no-warnings", "--max-semi-space-size=64"];
  const child = spawn(process.execPath, [...flags, bundle, ...args]);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`the simulation ended with code ${code}:\n${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}
